// libFuzzer's entry: see README.md in this folder.

#include <cstddef>
#include <cstdint>

#include "fuzz/postprocess_check.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  roadwatch::CheckPostprocess({data, size});
  return 0;
}
