#pragma once

// A header of the consuming program, named as one of the library's.
namespace consumer {
inline constexpr int kInputs = 3;
}  // namespace consumer
