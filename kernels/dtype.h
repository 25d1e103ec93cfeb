// Element types and the one place that turns a run-time type into a compile-time one.
#pragma once

#include <cstddef>
#include <cstdint>
#include <type_traits>
#include <utility>

namespace descent {

/// Element type of a tensor, in the order of promotion.
enum class DType : std::uint8_t { Boolean, UInt8, Int64, Float32, Float64 };

inline constexpr DType boolean = DType::Boolean;
inline constexpr DType uint8 = DType::UInt8;
inline constexpr DType int64 = DType::Int64;
inline constexpr DType float32 = DType::Float32;
inline constexpr DType float64 = DType::Float64;

/// Bytes of one element.
constexpr std::size_t size_of(DType dtype) {
  constexpr std::size_t sizes[] = {1, 1, 8, 4, 8};
  return sizes[static_cast<int>(dtype)];
}

/// "float32", "int64", …
constexpr const char* name_of(DType dtype) {
  constexpr const char* names[] = {"boolean", "uint8", "int64", "float32", "float64"};
  return names[static_cast<int>(dtype)];
}

/// True for float32 and float64.
constexpr bool is_floating_point(DType dtype) { return dtype >= DType::Float32; }

/// The wider of two types in the order boolean < uint8 < int64 < float32 < float64.
constexpr DType promote(DType a, DType b) { return a > b ? a : b; }

/// The DType that stores a T. Other integers map to int64, so that `from_vector` takes a std::vector<int>.
template <class T>
constexpr DType dtype_of() {
  if constexpr (std::is_same_v<T, bool>)
    return DType::Boolean;
  else if constexpr (std::is_same_v<T, unsigned char>)
    return DType::UInt8;
  else if constexpr (std::is_integral_v<T>)
    return DType::Int64;
  else if constexpr (std::is_same_v<T, float>)
    return DType::Float32;
  else {
    static_assert(std::is_same_v<T, double>, "no DType stores this type");
    return DType::Float64;
  }
}

namespace kernels {

/// Calls f.template operator()<T>() with the C++ type of `dtype`.
template <class F>
decltype(auto) dispatch(DType dtype, F&& f) {
  switch (dtype) {
    case DType::Boolean:
      return f.template operator()<bool>();
    case DType::UInt8:
      return f.template operator()<std::uint8_t>();
    case DType::Int64:
      return f.template operator()<std::int64_t>();
    case DType::Float32:
      return f.template operator()<float>();
    default:
      return f.template operator()<double>();
  }
}

/// As `dispatch`, for the two floating types only.
template <class F>
decltype(auto) dispatch_float(DType dtype, F&& f) {
  return dtype == DType::Float32 ? f.template operator()<float>() : f.template operator()<double>();
}

}  // namespace kernels
}  // namespace descent
