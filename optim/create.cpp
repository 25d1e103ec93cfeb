#include "create.h"

#include "../autograd/fail-inl.h"
#include "optim.h"

namespace descent::optim {
namespace {

void set_option(const char* owner, const std::vector<Option>& fields, const NamedOption& given) {
  std::string known;
  for (const Option& field : fields) {
    if (given.name != field.name) {
      known += (known.empty() ? "" : ", ") + std::string(field.name);
      continue;
    }
    if (given.is_word) return field.set_word(owner, given.word);
    if (given.numbers.size() != static_cast<std::size_t>(field.size())) {
      fail<std::invalid_argument>(owner, "{} must be {} number{}, got {}", field.name, field.size(),
                                  field.size() == 1 ? "" : "s", given.numbers.size());
    }
    for (int i = 0; i < field.size(); ++i) field.set(owner, given.numbers[static_cast<std::size_t>(i)], i);
    return;
  }
  fail<std::invalid_argument>(owner, "has no option named {}; it has {}", given.name, known);
}

using Make = std::unique_ptr<Optimizer> (*)(const std::vector<Tensor>&, const std::vector<NamedOption>&);

struct Entry {
  const char* name;
  Make make;
};

template <class Kind, class O>
constexpr Entry entry() {
  return {O::kName, [](const std::vector<Tensor>& params, const std::vector<NamedOption>& given) {
            O options;
            const std::vector<Option> fields = options.fields();
            for (const NamedOption& one : given) set_option(O::kName, fields, one);
            return std::unique_ptr<Optimizer>(std::make_unique<Kind>(params, options));
          }};
}

constexpr Entry kEntries[] = {
    entry<SGD, SGDOptions>(),
    entry<ASGD, ASGDOptions>(),
    entry<Adagrad, AdagradOptions>(),
    entry<Adadelta, AdadeltaOptions>(),
    entry<RMSprop, RMSpropOptions>(),
    entry<Rprop, RpropOptions>(),
    entry<Adam, AdamOptions>(),
    entry<AdamW, AdamWOptions>(),
    entry<Adamax, AdamaxOptions>(),
    entry<NAdam, NAdamOptions>(),
    entry<RAdam, RAdamOptions>(),
    entry<LBFGS, LBFGSOptions>(),
    entry<Lion, LionOptions>(),
    entry<AdaBelief, AdaBeliefOptions>(),
    entry<Yogi, YogiOptions>(),
    entry<QHAdam, QHAdamOptions>(),
    entry<AdEMAMix, AdEMAMixOptions>(),
    entry<ADOPT, ADOPTOptions>(),
    entry<NovoGrad, NovoGradOptions>(),
    entry<SparseAdam, SparseAdamOptions>(),
    entry<LARS, LARSOptions>(),
    entry<LAMB, LAMBOptions>(),
    entry<Adafactor, AdafactorOptions>(),
    entry<AdamMini, AdamMiniOptions>(),
    entry<Muon, MuonOptions>(),
    entry<Shampoo, ShampooOptions>(),
    entry<SOAP, SOAPOptions>(),
    entry<SophiaG, SophiaGOptions>(),
    entry<ScheduleFreeSGD, ScheduleFreeSGDOptions>(),
    entry<ScheduleFreeAdamW, ScheduleFreeAdamWOptions>(),
    entry<DAdaptAdam, DAdaptAdamOptions>(),
    entry<Prodigy, ProdigyOptions>(),
    entry<DoG, DoGOptions>(),
    entry<PolyakSGD, PolyakSGDOptions>(),
};

bool same_name(std::string_view a, std::string_view b) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (lower(a[i]) != lower(b[i])) return false;
  }
  return true;
}

}  // namespace

std::vector<std::string> optimizer_names() {
  std::vector<std::string> names;
  for (const Entry& one : kEntries) names.emplace_back(one.name);
  return names;
}

std::unique_ptr<Optimizer> create(std::string_view name, const std::vector<Tensor>& params,
                                  const std::vector<NamedOption>& options) {
  std::string known;
  for (const Entry& one : kEntries) {
    if (same_name(name, one.name)) return one.make(params, options);
    known += (known.empty() ? "" : ", ") + std::string(one.name);
  }
  fail<std::invalid_argument>("create", "there is no optimizer named '{}'; there are {}", name, known);
}

}  // namespace descent::optim
