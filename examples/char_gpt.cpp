// A small GPT (Radford et al. 2019, "Language models are unsupervised multitask learners") learns from a text what
// character comes next, and writes some at the end.
//
//   char_gpt                                           learns from this project's own documents
//   char_gpt --text shakespeare.txt --steps 5000 --temperature 0.8 --prompt "ROMEO:"
#include <CLI/CLI.hpp>
#include <descent.h>

#include <filesystem>
#include <fstream>
#include <iostream>
#include <map>
#include <utility>

using namespace descent;

namespace {

struct Settings {
  std::vector<std::string> text;
  int64_t steps = 2000, batch_size = 16, context = 96, width = 96, layers = 3, heads = 4, length = 400, top_k = 40;
  double lr = 2e-3, temperature = 0.8;
  std::string prompt = "\n", out = "out";
  uint64_t seed = 1;
};

/// The files of --text joined; without it the project's own, from here or from a folder further up.
std::string read_text(std::vector<std::string> files) {
  namespace fs = std::filesystem;
  for (fs::path folder = fs::current_path(); files.empty(); folder = folder.parent_path()) {
    if (folder == folder.parent_path()) throw Error("no docs/architecture.md here or further up: name a --text");
    if (!fs::exists(folder / "docs/architecture.md")) continue;
    for (const char* name : {"README.md", "CONTRIBUTING.md", "docs/optimizers.md", "docs/architecture.md"}) {
      files.push_back((folder / name).string());
    }
  }
  std::string text;
  for (const std::string& file : files) {
    std::ifstream in(file, std::ios::binary);
    if (!in || fs::is_directory(file)) throw IoError("cannot read the text " + file);
    text.append(std::istreambuf_iterator<char>(in), {});
  }
  return text;
}

/// Characters as numbers; one of UTF-8 is a first byte and those 10xxxxxx behind it.
struct Vocabulary {
  std::vector<std::string> characters;
  std::map<std::string, int64_t> number;

  static std::vector<std::string> split(const std::string& text) {
    std::vector<std::string> parts;
    for (const char c : text) {
      if (parts.empty() || (static_cast<unsigned char>(c) & 0xC0) != 0x80) parts.emplace_back();
      parts.back() += c;
    }
    return parts;
  }
  explicit Vocabulary(const std::string& text) {
    for (const std::string& c : split(text)) {
      if (number.emplace(c, static_cast<int64_t>(characters.size())).second) characters.push_back(c);
    }
  }
  Tensor encode(const std::string& text) const {
    std::vector<int64_t> ids;
    for (const std::string& c : split(text)) {
      const auto found = number.find(c);
      if (found == number.end()) throw Error("the text has no '" + c + "', which the prompt uses");
      ids.push_back(found->second);
    }
    return from_vector(ids);
  }
};

struct Gpt : nn::Module {
  nn::Embedding token, position;
  std::vector<nn::TransformerEncoderLayer> layers;
  nn::LayerNorm norm;
  nn::Linear head;

  Gpt(int64_t characters, const Settings& s)
      : token(register_module("token", nn::Embedding(characters, s.width))),
        position(register_module("position", nn::Embedding(s.context, s.width))),
        norm(register_module("norm", nn::LayerNorm(s.width))),
        head(register_module("head", nn::Linear(s.width, characters, {.bias = false}))) {
    const nn::TransformerEncoderLayerOptions options{
        .dim_feedforward = 4 * s.width, .activation = "gelu", .batch_first = true, .norm_first = true};
    for (int64_t i = 0; i < s.layers; ++i) {
      const std::string name = "layer" + std::to_string(i);
      layers.push_back(register_module(name, nn::TransformerEncoderLayer(s.width, s.heads, options)));
    }
    for (const Tensor& p : {token.weight, position.weight, head.weight}) nn::init::normal_(p, {.std = 0.02});
  }
  /// Characters [N, T] -> logits of the next one at each place [N, T, characters].
  Tensor forward(const Tensor& x) override {
    Tensor h = token(x) + position(arange(x.size(1)));
    for (auto& layer : layers) h = layer(h, {.is_causal = true});
    return head(norm(h));
  }
};

/// The mean cross entropy, in nats a character, of `count` random pieces of the text.
Tensor loss_of(Gpt& net, const Tensor& ids, int64_t count, int64_t context) {
  const Tensor start = randint(ids.size(0) - context, {count, 1});
  const Tensor pieces = index_select(ids, 0, (start + arange(context + 1)).flatten()).reshape({count, context + 1});
  const Tensor logits = net(pieces.slice(1, 0, context));
  return losses::cross_entropy(logits.flatten(0, 1), pieces.slice(1, 1, context + 1).flatten());
}

std::string write(Gpt& net, const Vocabulary& vocabulary, const Settings& s) {
  const NoGradGuard no_grad;
  const nn::EvalGuard eval(net);
  std::string text = s.prompt;
  Tensor ids = vocabulary.encode(s.prompt).unsqueeze(0);
  for (int64_t i = 0; i < s.length; ++i) {
    ids = ids.slice(1, std::max<int64_t>(0, ids.size(1) - s.context), ids.size(1));
    const Tensor logits = net(ids).select(1, -1) / s.temperature;
    const auto [best, which] = topk(logits, std::min(s.top_k, logits.size(1)));
    const Tensor next = gather(which, 1, multinomial(softmax(best, 1), 1));
    text += vocabulary.characters[static_cast<size_t>(next.item<int64_t>())];
    ids = cat({ids, next}, 1);
  }
  return text;
}

void run(const Settings& s) {
  if (s.prompt.empty()) throw Error("--prompt must not be empty");
  manual_seed(s.seed);
  const std::string text = read_text(s.text);
  const Vocabulary vocabulary(text);
  const Tensor ids = vocabulary.encode(text);
  const int64_t cut = ids.size(0) * 9 / 10;
  const Tensor train = ids.slice(0, 0, cut), test = ids.slice(0, cut, ids.size(0));  // the last tenth is for testing
  if (test.size(0) <= s.context) throw Error("the text is too short: 10 % of it must be longer than --context");
  vocabulary.encode(s.prompt);  // throws now rather than after the training
  std::filesystem::create_directories(s.out);

  Gpt net(static_cast<int64_t>(vocabulary.characters.size()), s);
  std::cout << ids.size(0) << " characters, " << vocabulary.characters.size() << " different; "
            << nn::summary(net, zeros({1, s.context}, {.dtype = int64})).parameters << " parameters\n";
  optim::AdamW opt(optim::decay_groups<optim::AdamWOptions>(net.parameters()),
                   {.lr = s.lr, .betas = {0.9, 0.99}, .weight_decay = 0.1});
  opt.set_clip_norm(1.0);
  optim::CosineAnnealingLR schedule(opt, {.T_max = s.steps, .eta_min = s.lr / 20});
  std::vector<double> losses, at, learnt, unseen;
  double mean = 0;  // of the losses since the last line
  const int64_t every = std::max<int64_t>(1, s.steps / 10);
  for (int64_t step = 1; step <= s.steps; ++step) {
    const Tensor loss = loss_of(net, train, s.batch_size, s.context);
    opt.zero_grad();
    loss.backward();
    opt.step();
    schedule.step();
    losses.push_back(loss.item<double>());
    mean += losses.back() / static_cast<double>(every);
    if (step % every != 0) continue;
    const NoGradGuard no_grad;
    const nn::EvalGuard eval(net);
    at.push_back(static_cast<double>(step));
    learnt.push_back(std::exchange(mean, 0.0));
    unseen.push_back(loss_of(net, test, 4 * s.batch_size, s.context).item<double>());
    std::cout << "step " << step << "  loss " << learnt.back() << "  unseen text " << unseen.back() << std::endl;
  }
  plot::Figure figure({.title = "Cross entropy", .x_label = "step", .y_label = "nats a character"});
  figure.line(at, learnt, {.label = "text that it learns", .marker = "o"});
  figure.line(at, unseen, {.label = "unseen text", .marker = "s"});
  figure.line(losses, {.label = "each batch", .color = "gray", .width = 1, .alpha = 0.5});
  figure.save(s.out + "/char_gpt.png");
  std::cout << "wrote char_gpt.png to " << s.out << "/\n----\n" << write(net, vocabulary, s) << "\n----\n";
}

}  // namespace

int main(int argc, char** argv) {
  Settings s;
  CLI::App app("Trains a small GPT on a text, character by character.");
  const auto add = [&](const char* name, auto& value, const char* about) {
    return app.add_option(name, value, about)->capture_default_str();
  };
  app.add_option("--text", s.text, "files to learn from (UTF-8); the project's own documents unless given");
  app.add_option("--prompt", s.prompt, "what the written text begins with");
  add("--steps", s.steps, "of training")->check(CLI::Range(1, 10000000));
  add("--batch-size", s.batch_size, "pieces of text per step")->check(CLI::Range(1, 100000));
  add("--context", s.context, "characters that it sees")->check(CLI::Range(1, 100000));
  add("--width", s.width, "of a character's vector, a multiple of the heads")->check(CLI::Range(1, 100000));
  add("--layers", s.layers, "of the transformer")->check(CLI::Range(1, 1000));
  add("--heads", s.heads, "of attention")->check(CLI::Range(1, 1000));
  add("--length", s.length, "characters to write at the end")->check(CLI::Range(0, 10000000));
  add("--top-k", s.top_k, "write only the so many likeliest characters")->check(CLI::Range(1, 10000000));
  add("--temperature", s.temperature, "below 1 it writes what is likely")->check(CLI::Range(1e-3, 1e3));
  add("--lr", s.lr, "the highest learning rate");
  add("--seed", s.seed, "of weights, batches, dropout and writing")->check(CLI::Range(0, 2147483647));
  add("--out", s.out, "folder for the curve");
  try {
    app.parse(argc, argv);
    run(s);
  } catch (const CLI::Success& help) {
    return app.exit(help);
  } catch (const std::exception& error) {
    std::cerr << "char_gpt: " << error.what() << "\n";
    return 1;
  }
}
