// Reads the tables of reference values that tests/reference/*.py write: comment lines with '#', then one array a line,
// `name dtype sizes… : values…` (no sizes for a 0-dim array).
#pragma once

#include <cstdlib>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

#include "autograd/ops/create.h"
#include "autograd/state_dict.h"

namespace descent::testing {

/// The arrays of tests/data/<path>, float64 or int64, by name.
inline StateDict read_table(const std::string& path) {
  const std::string full = std::string(DESCENT_TEST_DATA) + "/" + path;
  std::ifstream file(full);
  if (!file) throw std::runtime_error("cannot open " + full);
  StateDict arrays;
  for (std::string line; std::getline(file, line);) {
    if (line.empty() || line[0] == '#') continue;
    std::istringstream words(line);
    std::string name, dtype, word;
    words >> name >> dtype;
    Shape shape;
    while (words >> word && word != ":") shape.push_back(std::stoll(word));
    std::vector<double> values;  // int64 values here are small
    while (words >> word) values.push_back(std::strtod(word.c_str(), nullptr));
    if (arrays.contains(name)) throw std::runtime_error(full + " has " + name + " twice");
    arrays[name] = from_vector(values, shape).to(dtype == "int64" ? int64 : float64);
  }
  return arrays;
}

/// The text of tests/data/<path> without its comment lines.
inline std::string read_text(const std::string& path) {
  std::ifstream file(std::string(DESCENT_TEST_DATA) + "/" + path);
  if (!file) throw std::runtime_error("cannot open " + path);
  std::string text;
  for (std::string line; std::getline(file, line);) {
    if (line.empty() || line[0] != '#') text += line + "\n";
  }
  return text;
}

}  // namespace descent::testing
