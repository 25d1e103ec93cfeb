// A padded plane lies flat in memory, row after row, so a whole plane times one weight is a vector loop, and a tap of
// the kernel is a shift of where it begins: y[p] = Σ_{c, k} w[c, k]·x_c[p + offset(k)]. Nothing is unfolded. The
// columns between rows hold sums that nobody wants and that are not copied out. A stride s in y or x takes each dim
// apart into s phases, which are planes of their own.
#include "convolution_direct.h"

#include <algorithm>
#include <vector>

#include "convolution_tiles.h"
#include "gemm_small.h"
#include "scratch.h"

namespace descent::kernels {
namespace {

constexpr std::int64_t kMostPlanes = 1 << 16;  // elements of the padded planes: they stay in the second-level cache
constexpr std::int64_t kFewTasks = 16;         // fewer images than that are cut into blocks of rows

std::int64_t ceil_div(std::int64_t a, std::int64_t b) { return (a + b - 1) / b; }

/// How one spatial dim leads from a source to a result: result element q·out_step + phase − skip is the sum over the
/// taps of that phase of source element (q + shift)·in_step + tap's phase + first, q < count.
struct Axis {
  struct Tap {
    std::int64_t in_phase, shift, out_phase;
  };
  std::int64_t source, result;  // sizes
  std::int64_t in_step = 1, first = 0, out_step = 1, skip = 0, count = 0, reach = 0;
  std::vector<Tap> taps;

  /// `reverse`: from y back to x.
  Axis(const Convolution& c, int dim, bool reverse) {
    const std::int64_t stride = c.stride[dim], padding = c.padding[dim], dilation = c.dilation[dim];
    source = reverse ? c.out[dim] : c.in[dim];
    result = reverse ? c.in[dim] : c.out[dim];
    reach = (c.kernel[dim] - 1) * dilation / stride;
    if (reverse) {  // x[i] goes into y[q − k·dilation / stride] where i + padding = q·stride + k·dilation % stride
      const std::int64_t low = padding / stride;
      first = low - reach;
      out_step = stride;
      skip = padding % stride;
      count = (c.in[dim] - 1 + padding) / stride - low + 1;
    } else {
      in_step = stride;
      first = -padding;
      count = result;
    }
    for (std::int64_t k = 0; k < c.kernel[dim]; ++k) {
      const std::int64_t phase = k * dilation % stride, shift = k * dilation / stride;
      taps.push_back(reverse ? Tap{0, reach - shift, phase} : Tap{phase, shift, 0});
    }
  }
  std::int64_t padded() const { return count + reach; }  // elements of one phase
  /// Of `size` elements of a phase from the q-th on, those inside of the source: [begin, end).
  std::int64_t begin(std::int64_t phase, std::int64_t q, std::int64_t size) const {
    const std::int64_t at = q * in_step + phase + first;
    return std::clamp<std::int64_t>(at < 0 ? ceil_div(-at, in_step) : 0, 0, size);
  }
  std::int64_t end(std::int64_t phase, std::int64_t q, std::int64_t size) const {
    const std::int64_t at = q * in_step + phase + first;
    return std::clamp<std::int64_t>(at < source ? ceil_div(source - at, in_step) : 0, begin(phase, q, size), size);
  }
  /// Distance of rows: the zeros at the end of a row are those at the beginning of the next as well.
  std::int64_t pitch() const {
    std::int64_t shared = padded();
    for (std::int64_t a = 0; a < in_step; ++a)
      shared = std::min({shared, begin(a, 0, padded()), padded() - end(a, 0, padded())});
    return padded() - shared;
  }
  bool uses(std::int64_t in_phase) const {
    return std::any_of(taps.begin(), taps.end(), [&](const Tap& t) { return t.in_phase == in_phase; });
  }
};

/// Zeros, and the elements of x that lie inside: rows [from, from + rows) of each phase of each channel.
struct PaddedPlanes {
  PaddedPlanes(const Axis& h, const Axis& w, std::int64_t channels_, std::int64_t rows_)
      : channels(channels_), rows(rows_), pitch(w.pitch()), phase(rows * pitch), plane(phase * h.in_step * w.in_step) {}
  std::int64_t size() const { return channels * plane + pitch + 2 * kTileColumns; }  // vectors read past the end

  void load(const Axis& h, const Axis& w, const float* x, std::int64_t from, float* out) const {
    std::fill_n(out, size(), 0.f);
    for (std::int64_t a = 0; a < h.in_step; ++a)
      for (std::int64_t b = 0; b < w.in_step; ++b) {
        const std::int64_t top = h.begin(a, from, rows), bottom = h.end(a, from, rows),
                           left = w.begin(b, 0, w.padded()), right = w.end(b, 0, w.padded());
        if (top == bottom || left == right || !h.uses(a) || !w.uses(b)) continue;
        const std::int64_t y0 = (from + top) * h.in_step + a + h.first, x0 = left * w.in_step + b + w.first;
        gather_rows({channels, bottom - top, right - left, h.source * w.source, h.in_step * w.source, plane, pitch},
                    w.in_step, x + y0 * w.source + x0, out + (a * w.in_step + b) * phase + top * pitch + left);
      }
  }
  std::int64_t channels, rows, pitch, phase, plane;
};

/// Images in blocks of rows.
struct Blocks {
  /// `row` elements of memory for a row, `more` rows beside those of the block itself.
  Blocks(std::int64_t images, std::int64_t rows_of_image, std::int64_t row, std::int64_t more) : rows(rows_of_image) {
    per_image = std::clamp<std::int64_t>(kFewTasks / std::max<std::int64_t>(images, 1), 1, ceil_div(rows, 4));
    const std::int64_t most = std::max<std::int64_t>(kMostPlanes / std::max<std::int64_t>(row, 1) - more, 4);
    size = std::min(ceil_div(rows, per_image), most);
    per_image = ceil_div(rows, size);
  }
  std::int64_t rows, per_image, size;
  std::int64_t begin(std::int64_t block) const { return block % per_image * size; }
  std::int64_t end(std::int64_t block) const { return std::min(begin(block) + size, rows); }
};

bool worth_threads(const Convolution& c) {
  return double(c.batch) * double(c.out_channels) * double(c.in_channels / c.groups) * double(c.out_plane()) *
             double(c.taps()) >
         1e6;
}

/// From x to y or back.
class Direct {
 public:
  Direct(const Convolution& c, bool reverse)
      : c_(c),
        h_(c, 1, reverse),
        w_(c, 2, reverse),
        sources_(reverse ? c.out_channels : c.in_channels),
        results_(reverse ? c.in_channels : c.out_channels),
        from_group_(sources_ / c.groups),
        to_group_(results_ / c.groups),
        tiles_(ceil_div(to_group_, kTileRows)),
        blocks_(c.batch * c.groups, h_.count, from_group_ * w_.pitch() * h_.in_step * w_.in_step, h_.reach),
        planes_(h_, w_, from_group_, blocks_.size + h_.reach),
        reverse_(reverse) {
    for (std::int64_t a = 0; a < h_.out_step; ++a)
      for (std::int64_t b = 0; b < w_.out_step; ++b) {
        Phase phase;
        phase.weights = packed_;
        for (std::size_t i = 0; i < h_.taps.size(); ++i)
          for (std::size_t j = 0; j < w_.taps.size(); ++j) {
            const Axis::Tap &th = h_.taps[i], &tw = w_.taps[j];
            if (th.out_phase != a || tw.out_phase != b) continue;
            phase.taps.push_back(static_cast<std::int64_t>(i * w_.taps.size() + j));
            phase.offsets.push_back((th.in_phase * w_.in_step + tw.in_phase) * planes_.phase +
                                    th.shift * planes_.pitch + tw.shift);
          }
        packed_ += tiles_ * kTileRows * from_group_ * static_cast<std::int64_t>(phase.taps.size());
        phases_.push_back(std::move(phase));
      }
  }

  void run(const float* source, const float* weights, const float* bias, float* result) const {
    const Scratch packed(static_cast<std::size_t>((packed_ * c_.groups + kTileRows) * std::int64_t{sizeof(float)}));
    float* const packed_weights = reinterpret_cast<float*>(packed.data());
    pack(weights, packed_weights);
    const std::int64_t line = whole_vectors((w_.result / w_.out_step + 2)) * w_.out_step,
                       out = w_.out_step * kTileRows * columns(blocks_.size) + kTileColumns;
    run_tasks(
        c_.batch * c_.groups * blocks_.per_image, worth_threads(c_),
        (planes_.size() + line + out) * std::int64_t{sizeof(float)}, [&](std::int64_t task, char* memory) {
          const std::int64_t image = task / blocks_.per_image / c_.groups, group = task / blocks_.per_image % c_.groups;
          float* planes = reinterpret_cast<float*>(memory);
          const std::int64_t first = image * sources_ + group * from_group_, to = image * results_ + group * to_group_;
          planes_.load(h_, w_, source + first * h_.source * w_.source, blocks_.begin(task), planes);
          block(task, planes, packed_weights + group * packed_, bias ? bias + group * to_group_ : nullptr,
                result + to * h_.result * w_.result, planes + planes_.size(), planes + planes_.size() + out);
        });
  }

 private:
  struct Phase {
    std::vector<std::int64_t> taps, offsets;
    std::int64_t weights = 0;  // where its weights begin
  };
  /// Elements from the first wanted result of `rows` rows to the last, in whole vectors.
  std::int64_t columns(std::int64_t rows) const { return whole_vectors((rows - 1) * planes_.pitch + w_.count); }

  /// [group][phase][tile][channel][tap][row of the tile], rows that are not there are zero.
  void pack(const float* weights, float* packed) const {
    const std::int64_t taps = c_.taps(), in_group = c_.in_channels / c_.groups, out_group = c_.out_channels / c_.groups;
    for (std::int64_t g = 0; g < c_.groups; ++g)
      for (const Phase& phase : phases_)
        for (std::int64_t m = 0; m < tiles_ * kTileRows; m += kTileRows)
          for (std::int64_t k = 0; k < from_group_; ++k)
            for (const std::int64_t tap : phase.taps)
              for (std::int64_t r = m; r < m + kTileRows; ++r) {
                const std::int64_t o = reverse_ ? k : r, i = reverse_ ? r : k;
                *packed++ = r < to_group_ ? weights[((g * out_group + o) * in_group + i) * taps + tap] : 0.f;
              }
  }

  void block(std::int64_t task, const float* planes, const float* weights, const float* bias, float* result, float* out,
             float* line) const {
    const std::int64_t from = blocks_.begin(task), rows = blocks_.end(task) - from, row_length = columns(rows);
    const std::int64_t n = (rows - 1) * planes_.pitch + w_.count;
    for (std::int64_t tile = 0; tile < tiles_; ++tile) {
      const std::int64_t m = tile * kTileRows, count = std::min(kTileRows, to_group_ - m);
      float start[kTileRows] = {};
      if (bias) std::copy_n(bias + m, count, start);
      for (std::int64_t a = 0; a < h_.out_step; ++a) {
        for (std::int64_t b = 0; b < w_.out_step; ++b) {
          const Phase& phase = phases_[static_cast<std::size_t>(a * w_.out_step + b)];
          const auto taps = static_cast<std::int64_t>(phase.taps.size());
          multiply_planes({from_group_, planes_.plane, taps, n, phase.offsets.data(),
                           weights + phase.weights + m * from_group_ * taps, start},
                          planes, out + b * kTileRows * row_length);
        }
        // rows q of this phase that are rows q·step + a − skip of the result
        const std::int64_t step = h_.out_step, shift = a - h_.skip;
        const std::int64_t top = std::max<std::int64_t>(from, shift < 0 ? 1 : 0),
                           bottom = std::min(from + rows, ceil_div(h_.result - shift, step));
        if (top >= bottom) continue;
        interleave_rows(
            {count, bottom - top, w_.result, row_length, planes_.pitch, h_.result * w_.result, step * w_.result},
            w_.out_step, w_.skip, kTileRows * row_length, out + (top - from) * planes_.pitch, line,
            result + (m * h_.result + top * step + shift) * w_.result);
      }
    }
  }

  Convolution c_;
  Axis h_, w_;
  std::int64_t sources_, results_, from_group_, to_group_, tiles_;
  Blocks blocks_;
  PaddedPlanes planes_;
  bool reverse_;
  std::vector<Phase> phases_;
  std::int64_t packed_ = 0;  // elements of a group's weights
};

}  // namespace

void direct_convolution(const Convolution& c, const float* x, const float* w, const float* bias, float* y) {
  Direct(c, false).run(x, w, bias, y);
}

void direct_input_grad(const Convolution& c, const float* g, const float* w, const float* bias, float* dx) {
  Direct(c, true).run(g, w, bias, dx);
}

/// dw[o, c, k] = Σ_p g[o, p]·x[c, p·stride + k]: with g turned round, [p][o], each element of x is multiplied with a
/// vector of g, and no padding is multiplied but that of the image.
void direct_weight_grad(const Convolution& c, const float* x, const float* g, float* dw) {
  const std::int64_t in_group = c.in_channels / c.groups, out_group = c.out_channels / c.groups,
                     width = whole_vectors(out_group), taps = c.taps(), plane = c.out_plane();
  Convolution plain = c;  // the same padded planes, not taken apart into phases
  plain.stride[1] = plain.stride[2] = 1;
  for (int d = 1; d < 3; ++d) {
    plain.out[d] = (c.out[d] - 1) * c.stride[d] + 1;
    plain.kernel[d] = (c.kernel[d] - 1) * c.dilation[d] + 1;
    plain.dilation[d] = 1;
  }
  const Axis h(plain, 1, false), w(plain, 2, false);
  const std::int64_t pitch = w.pitch();
  const Blocks blocks(c.batch, c.out[1], in_group * c.stride[1] * pitch + width * c.out[2], 0);
  const PaddedPlanes planes(h, w, in_group, (blocks.size - 1) * c.stride[1] + h.reach + 1);

  TapProduct product{.rows = 0,
                     .columns = c.out[2],
                     .row_step = c.stride[1] * pitch,
                     .step = c.stride[2],
                     .count = 0,
                     .run = c.kernel[2] == 3 && c.dilation[2] == 1 ? 3 : 1,
                     .width = width,
                     .offsets = nullptr};
  std::vector<std::int64_t> offsets;
  for (std::int64_t i = 0; i < in_group; ++i)
    for (std::int64_t k = 0; k < c.kernel[1]; ++k)
      for (std::int64_t l = 0; l < c.kernel[2]; l += product.run)
        offsets.push_back(i * planes.plane + k * c.dilation[1] * pitch + l * c.dilation[2]);
  product.count = static_cast<std::int64_t>(offsets.size());
  product.offsets = offsets.data();

  // Each part of the batch has a sum of its own, [group][channel, tap][o]; then the parts are added in order.
  constexpr std::int64_t kParts = 8, kMostMemory = 1 << 22;
  const std::int64_t rows = in_group * taps, numel = c.groups * rows * width, units = c.batch * blocks.per_image;
  const std::int64_t parts = std::clamp<std::int64_t>(std::min(kParts, kMostMemory / numel), 1, units);
  const Scratch memory_of_sums(static_cast<std::size_t>(parts * numel) * sizeof(float));
  float* const sums = reinterpret_cast<float*>(memory_of_sums.data());
  const std::int64_t turned = blocks.size * c.out[2] * width;
  run_tasks(parts * c.groups, worth_threads(c), (turned + planes.size()) * std::int64_t{sizeof(float)},
            [&](std::int64_t task, char* memory) {
              const std::int64_t part = task / c.groups, group = task % c.groups;
              float* const turned_g = reinterpret_cast<float*>(memory);
              float* const padded = turned_g + turned;
              float* const sum = sums + part * numel + group * rows * width;
              std::fill_n(sum, rows * width, 0.f);
              if (width > out_group) std::fill_n(turned_g, turned, 0.f);
              for (std::int64_t unit = part * units / parts; unit < (part + 1) * units / parts; ++unit) {
                const std::int64_t image = unit / blocks.per_image, from = blocks.begin(unit);
                TapProduct p = product;
                p.rows = blocks.end(unit) - from;
                planes.load(h, w, x + (image * c.in_channels + group * in_group) * c.in_plane(), from * c.stride[1],
                            padded);
                pack_transposed(g + (image * c.out_channels + group * out_group) * plane + from * c.out[2], plane,
                                out_group, p.rows * c.out[2], turned_g, width);
                add_tap_products(p, padded, turned_g, sum);
              }
            });
  parallel_for(numel, kGrain / parts, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t part = 1; part < parts; ++part) {
      const float* from = sums + part * numel;
#pragma omp simd
      for (std::int64_t i = begin; i < end; ++i) sums[i] += from[i];
    }
  });
  for (std::int64_t o = 0; o < c.out_channels; ++o) {
    const float* from = sums + o / out_group * rows * width + o % out_group;
    for (std::int64_t i = 0; i < rows; ++i) dw[o * rows + i] = from[i * width];
  }
}

}  // namespace descent::kernels
