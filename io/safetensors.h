// safetensors, the format of Hugging Face: eight bytes of header length, a JSON header, the tensors' bytes.
#pragma once

#include <unordered_map>
#include <string>

#include "../autograd/state_dict.h"

namespace descent::io {

/// Writes every tensor, in any layout, and the metadata. The header keeps the order of `state`; in the data wider
/// element types come first, so that every tensor is aligned. The file appears complete or not at all (AtomicFile).
/// Throws IoError: an unwritable path, an undefined tensor, a name that is not UTF-8, or is "__metadata__".
void save_safetensors(const std::string& path, const StateDict& state,
                      const std::unordered_map<std::string, std::string>& metadata = {});

/// Reads a file into new tensors, in the order of its header. BOOL, U8, I64, F32, F64 stay what they are; I8, I16, I32,
/// U16, U32 widen to int64, F16 and BF16 to float32, value for value. Throws IoError naming the file and what is wrong:
/// a missing file, other element types, and whatever the format forbids (checked before anything is allocated: lengths,
/// nesting, names that come twice, sizes, offsets that overlap, leave a gap or miss the end of the file).
StateDict load_safetensors(const std::string& path);

/// The `__metadata__` of a file, empty if there is none; the header is checked as load_safetensors does.
std::unordered_map<std::string, std::string> load_safetensors_metadata(const std::string& path);

}  // namespace descent::io
