#include "cases.h"

#include <algorithm>

namespace descent::testing {
namespace {

using In = const StateDict&;
using R = Reduction;
using W = const Tensor&;
using Cases = std::vector<LossCase>;

std::string text(double number) {  // as Python prints it in a name
  std::string s = std::to_string(number);
  while (s.back() == '0') s.pop_back();
  if (s.back() == '.') s.pop_back();
  return s;
}

void add_regression(Cases& cases) {
  for (const std::string set : {"real", "kink"}) {
    const bool smooth = set == "real";
    const auto add = [&](const std::string& name, LossCase::Function f) {
      cases.push_back({name, set, {"x", "t"}, std::move(f), smooth});
    };
    for (const double b : {0.0, 0.5, 1.0}) {
      if (b == 0 && !smooth) continue;
      add("smooth_l1/" + set + "/" + text(b), [b](In in, R r, W w) {
        return losses::smooth_l1_loss(in.at("x"), in.at("t"), {.reduction = r, .beta = b, .sample_weight = w});
      });
    }
    for (const double d : {0.5, 1.0}) {
      add("huber/" + set + "/" + text(d), [d](In in, R r, W w) {
        return losses::huber_loss(in.at("x"), in.at("t"), {.reduction = r, .delta = d, .sample_weight = w});
      });
    }
    add("log_cosh/" + set, [](In in, R r, W w) {
      return losses::log_cosh_loss(in.at("x"), in.at("t"), {.reduction = r, .sample_weight = w});
    });
  }
  for (const double q : {0.1, 0.9}) {
    cases.push_back({"quantile/" + text(q), "real", {"x", "t"}, [q](In in, R r, W w) {
                       return losses::quantile_loss(in.at("x"), in.at("t"),
                                                    {.quantile = q, .reduction = r, .sample_weight = w});
                     }});
  }
}

void add_binary(Cases& cases) {
  const auto bce = [](const char* weight) {
    return [weight](In in, R r, W w) {
      return losses::binary_cross_entropy(
          in.at("x"), in.at("t"), {.weight = *weight ? in.at(weight) : Tensor(), .reduction = r, .sample_weight = w});
    };
  };
  cases.push_back({"binary/plain", "prob", {"x", "t"}, bce("")});
  cases.push_back({"binary/weight", "prob", {"x", "t"}, bce("weight")});
  cases.push_back({"binary/sure", "sure", {"x"}, bce(""), false});
  const auto focal = [](double gamma, double alpha) {
    return [=](In in, R r, W w) {
      return losses::focal_loss(in.at("x"), in.at("t"),
                                {.alpha = alpha, .gamma = gamma, .reduction = r, .sample_weight = w});
    };
  };
  for (const double gamma : {0.0, 0.5, 2.0}) {
    for (const double alpha : {-1.0, 0.25}) {
      cases.push_back({"focal/" + text(gamma) + "/" + text(alpha), "logits", {"x", "t"}, focal(gamma, alpha)});
    }
  }
  cases.push_back({"focal/hard", "hard", {"x"}, focal(2, 0.25)});
  const auto dice = [&](const std::string& name, losses::DiceLossOptions options) {
    cases.push_back({"dice/" + name, "masks", {"x", "t"}, [options](In in, R r, W w) {
                       losses::DiceLossOptions o = options;
                       o.reduction = r;
                       o.sample_weight = w;
                       return losses::dice_loss(in.at("x"), in.at("t"), o);
                     }});
  };
  dice("plain", {});
  dice("squared", {.smooth = 0.1, .squared = true});
  dice("channels", {.start_dim = 2});
}

void add_margins(Cases& cases) {
  const auto hinge = [](double margin) {
    return [margin](In in, R r, W w) {
      return losses::hinge_embedding_loss(in.at("x"), in.at("y"),
                                          {.margin = margin, .reduction = r, .sample_weight = w});
    };
  };
  const auto ranking = [](double margin) {
    return [margin](In in, R r, W w) {
      return losses::margin_ranking_loss(in.at("x"), in.at("x2"), in.at("y"),
                                         {.margin = margin, .reduction = r, .sample_weight = w});
    };
  };
  for (const double margin : {0.5, 1.0}) {
    cases.push_back({"hinge_embedding/" + text(margin), "signs", {"x"}, hinge(margin)});
    cases.push_back({"margin_ranking/" + text(margin), "signs", {"x", "x2"}, ranking(margin)});
  }
  cases.push_back({"hinge_embedding/ties", "ties", {"x"}, hinge(1), false});
  cases.push_back({"margin_ranking/ties", "ties", {"x", "x2"}, ranking(0), false});
  cases.push_back({"soft_margin", "signs", {"x"}, [](In in, R r, W w) {
                     return losses::soft_margin_loss(in.at("x"), in.at("y"), {.reduction = r, .sample_weight = w});
                   }});
}

void add_classes(Cases& cases) {
  for (const char* weight : {"", "weight"}) {
    const std::string name = *weight ? "weight" : "plain";
    const auto of = [weight](In in) { return *weight ? in.at(weight) : Tensor(); };
    for (const int64_t p : {1, 2}) {
      cases.push_back({"multi_margin/" + std::to_string(p) + "/" + name, "classes", {"x"}, [=](In in, R r, W w) {
                         return losses::multi_margin_loss(
                             in.at("x"), in.at("target"),
                             {.p = p, .margin = 0.7, .weight = of(in), .reduction = r, .sample_weight = w});
                       }});
    }
    cases.push_back({"multilabel_soft_margin/" + name, "classes", {"x", "t"}, [=](In in, R r, W w) {
                       return losses::multilabel_soft_margin_loss(
                           in.at("x"), in.at("t"), {.weight = of(in), .reduction = r, .sample_weight = w});
                     }});
    for (const double gamma : {0.0, 0.5, 2.0}) {
      cases.push_back({"class_focal/" + text(gamma) + "/" + name,
                       "classes",
                       {"x"},
                       [=](In in, R r, W w) {
                         return losses::focal_loss(
                             in.at("x"), in.at("some"),
                             {.gamma = gamma, .weight = of(in), .reduction = r, .sample_weight = w});
                       },
                       true,
                       false});
    }
  }
  const auto multilabel = [](In in, R r, W w) {
    return losses::multilabel_margin_loss(in.at("x"), in.at("lists"), {.reduction = r, .sample_weight = w});
  };
  cases.push_back({"multilabel_margin", "classes", {"x"}, multilabel});
  cases.push_back({"multilabel_margin/one", "one", {"x"}, multilabel});
  cases.push_back({"multi_margin/one", "one", {"x"}, [](In in, R r, W w) {
                     return losses::multi_margin_loss(in.at("x"), in.at("target"),
                                                      {.reduction = r, .sample_weight = w});
                   }});
}

void add_metric(Cases& cases) {
  for (const double p : {1.0, 2.0, 3.0}) {
    for (const bool swap : {false, true}) {
      cases.push_back({"triplet/" + text(p) + "/" + text(swap), "triplet", {"a", "p", "n"}, [=](In in, R r, W w) {
                         return losses::triplet_margin_loss(
                             in.at("a"), in.at("p"), in.at("n"),
                             {.margin = 1.5, .p = p, .swap = swap, .reduction = r, .sample_weight = w});
                       }});
    }
  }
  cases.push_back(
      {"triplet/distance", "triplet", {"a", "p", "n"}, [](In in, R r, W w) {
         const auto squared = [](const Tensor& a, const Tensor& b) { return square(a - b).sum({1}); };
         return losses::triplet_margin_with_distance_loss(
             in.at("a"), in.at("p"), in.at("n"),
             {.distance_function = squared, .margin = 0.5, .swap = true, .reduction = r, .sample_weight = w});
       }});
  const auto cosine = [](double margin) {
    return [margin](In in, R r, W w) {
      return losses::cosine_embedding_loss(in.at("a"), in.at("p"), in.at("y"),
                                           {.margin = margin, .reduction = r, .sample_weight = w});
    };
  };
  cases.push_back({"cosine/0", "triplet", {"a", "p"}, cosine(0)});
  cases.push_back({"cosine/0.3", "triplet", {"a", "p"}, cosine(0.3)});
  cases.push_back({"cosine/one", "pair", {"a", "p"}, cosine(0)});
  const auto nce = [](double temperature, const char* negatives) {
    return [=](In in, R r, W w) {
      return losses::info_nce_loss(in.at("a"), in.at("p"),
                                   {.temperature = temperature,
                                    .negatives = *negatives ? in.at(negatives) : Tensor(),
                                    .reduction = r,
                                    .sample_weight = w});
    };
  };
  cases.push_back({"info_nce/batch", "triplet", {"a", "p"}, nce(0.1, "")});
  cases.push_back({"info_nce/shared", "triplet", {"a", "p", "shared"}, nce(0.5, "shared")});
  cases.push_back({"info_nce/own", "triplet", {"a", "p", "own"}, nce(0.5, "own")});
}

void add_likelihood(Cases& cases) {
  const auto kl = [](const char* target, bool log) {
    return [=](In in, R r, W w) {
      const Tensor t = log ? descent::log(in.at(target)) : in.at(target);
      return losses::kl_div(in.at("x"), t, {.reduction = r, .log_target = log, .sample_weight = w});
    };
  };
  cases.push_back({"kl/plain", "kl", {"x", "t"}, kl("t", false)});
  cases.push_back({"kl/log", "kl", {"x", "t"}, kl("t", true)});
  cases.push_back({"kl/zeros", "kl", {"x"}, kl("zeros", false)});
  for (const bool full : {false, true}) {
    const auto poisson = [full](const char* x, bool log, double eps) {
      return [=](In in, R r, W w) {
        return losses::poisson_nll_loss(
            in.at(x), in.at("t"), {.log_input = log, .full = full, .eps = eps, .reduction = r, .sample_weight = w});
      };
    };
    cases.push_back({"poisson/log/" + text(full), "poisson", {"x"}, poisson("x", true, 1e-8)});
    cases.push_back({"poisson/rate/" + text(full), "poisson", {"rate"}, poisson("rate", false, 1e-3)});
    for (const std::string var : {"var", "row", "short"}) {
      cases.push_back({"gauss/" + var + "/" + text(full), "gauss", {"x", "t", var}, [=](In in, R r, W w) {
                         return losses::gaussian_nll_loss(in.at("x"), in.at("t"), in.at(var),
                                                          {.full = full, .reduction = r, .sample_weight = w});
                       }});
    }
  }
  cases.push_back({"gauss/small",
                   "gauss",
                   {"x", "t", "small"},
                   [](In in, R r, W w) {
                     return losses::gaussian_nll_loss(in.at("x"), in.at("t"), in.at("small"),
                                                      {.eps = 0.1, .reduction = r, .sample_weight = w});
                   },
                   false});
}

void add_ctc(Cases& cases) {
  const auto ctc = [](const char* targets, const char* lengths, int64_t blank, bool zero) {
    return [=](In in, R r, W w) {
      return losses::ctc_loss(log_softmax(in.at("logits"), 2), in.at(targets), in.at("inputs"), in.at(lengths),
                              {.blank = blank, .reduction = r, .zero_infinity = zero, .sample_weight = w});
    };
  };
  const auto add = [&](const std::string& name, LossCase::Function f) {
    cases.push_back({"ctc/" + name, "ctc", {"logits"}, std::move(f), true, false});
  };
  add("targets", ctc("targets", "lengths", 0, false));
  add("flat", ctc("flat", "lengths", 0, false));
  add("blank", ctc("other", "lengths", 2, false));
  add("zero_infinity", ctc("targets", "full", 0, true));
  cases.push_back({"ctc/one",
                   "ctc_one",
                   {"logits"},
                   [](In in, R r, W w) {
                     return losses::ctc_loss(log_softmax(in.at("logits"), 1), in.at("targets"), tensor(6), tensor(3),
                                             {.reduction = r, .sample_weight = w});
                   },
                   true,
                   false});
}

void add_first(Cases& cases) {
  const auto add = [&](const std::string& name, LossCase::Function f) {
    cases.push_back({name, "elements", {"x", "t"}, std::move(f)});
  };
  add("mse",
      [](In in, R r, W w) { return losses::mse_loss(in.at("x"), in.at("t"), {.reduction = r, .sample_weight = w}); });
  add("l1",
      [](In in, R r, W w) { return losses::l1_loss(in.at("x"), in.at("t"), {.reduction = r, .sample_weight = w}); });
  add("with_logits", [](In in, R r, W w) {
    return losses::binary_cross_entropy_with_logits(
        in.at("x"), in.at("t"),
        {.weight = in.at("weight"), .reduction = r, .pos_weight = in.at("pos"), .sample_weight = w});
  });
  cases.push_back({"nll",
                   "some",
                   {"x"},
                   [](In in, R r, W w) {
                     return losses::nll_loss(in.at("x"), in.at("target"),
                                             {.weight = in.at("weight"), .reduction = r, .sample_weight = w});
                   },
                   true,
                   false});
  const auto entropy = [](const char* target) {
    return [target](In in, R r, W w) {
      return losses::cross_entropy(
          in.at("x"), in.at(target),
          {.weight = in.at("weight"), .reduction = r, .label_smoothing = 0.3, .sample_weight = w});
    };
  };
  cases.push_back({"cross_entropy", "some", {"x"}, entropy("target"), true, false});
  cases.push_back({"cross_entropy/probabilities", "some", {"x", "probabilities"}, entropy("probabilities")});
}

}  // namespace

std::vector<LossCase> loss_cases() {
  Cases cases;
  for (const auto add :
       {add_regression, add_binary, add_margins, add_classes, add_metric, add_likelihood, add_ctc, add_first}) {
    add(cases);
  }
  return cases;
}

StateDict inputs_of(const LossCase& loss_case, const StateDict& table) {
  StateDict inputs;
  const std::string prefix = loss_case.set + "/";
  for (const auto& [name, tensor] : table) {
    const std::string key = name.substr(std::min(name.size(), prefix.size()));
    if (name.rfind(prefix, 0) != 0 || key.find('/') != std::string::npos || key == "v") continue;
    const bool leaf = std::find(loss_case.leaves.begin(), loss_case.leaves.end(), key) != loss_case.leaves.end();
    inputs[key] = leaf ? tensor.clone().requires_grad_() : tensor;
  }
  return inputs;
}

}  // namespace descent::testing
