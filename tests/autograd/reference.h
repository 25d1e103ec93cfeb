// Values and gradients against tables of PyTorch's.
#pragma once

#include <functional>

#include "../fixture.h"

namespace descent::testing {

using List = std::vector<Tensor>;
using Call = std::function<Tensor(const List&)>;

/// Walks tests/data/<path>, which tests/reference/record.py filled. `call_for` gives the function of a case by its name
/// `op` or `op/variant` (BOOST_FAIL for a name that it does not know); value and gradients must agree to `tolerance`,
/// relative to max(1, |expected|).
void check_table(const std::string& path, const std::function<Call(const std::string&)>& call_for,
                 double tolerance = 1e-12);

}  // namespace descent::testing
