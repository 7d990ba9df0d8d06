// The engine's letterbox as a filter: raw YUV planes on stdin, the model's input tensor (float32, host byte
// order) on stdout. tests/e2e/whole-way.test.ts compares it with the recorded reference.

#include <cstdint>
#include <cstdio>
#include <exception>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

#include "image/letterbox.h"
#include "image/planar_frame.h"

namespace {

constexpr const char* kUsage =
    "usage: letterbox_dump WIDTH HEIGHT CHROMA_SHIFT_X CHROMA_SHIFT_Y bt601|bt709 limited|full LONG_SIDE "
    "STRIDE\n";
constexpr int kArguments = 8;
constexpr int kLargestSidePx = 16384;
constexpr int kLargestInputPx = 4096;

int Number(const std::string& text, int lowest, int highest) {
  const int value = std::stoi(text);
  if (value < lowest || value > highest) {
    throw std::invalid_argument("expected " + std::to_string(lowest) + " to " + std::to_string(highest) +
                                ", received " + text);
  }
  return value;
}

template <typename Choice>
Choice OneOf(const std::string& text, const std::string& firstName, Choice first,
             const std::string& secondName, Choice second) {
  if (text == firstName) return first;
  if (text == secondName) return second;
  throw std::invalid_argument("expected " + firstName + " or " + secondName + ", received " + text);
}

/// A frame without planes yet.
roadwatch::PlanarFrame Describe(std::span<char*> arguments) {
  roadwatch::PlanarFrame frame;
  frame.widthPx = Number(arguments[0], 1, kLargestSidePx);
  frame.heightPx = Number(arguments[1], 1, kLargestSidePx);
  frame.chromaShiftX = Number(arguments[2], 0, 1);
  frame.chromaShiftY = Number(arguments[3], 0, 1);
  frame.matrix =
      OneOf(arguments[4], "bt601", roadwatch::ColorMatrix::kBt601, "bt709", roadwatch::ColorMatrix::kBt709);
  frame.range =
      OneOf(arguments[5], "limited", roadwatch::ColorRange::kLimited, "full", roadwatch::ColorRange::kFull);
  return frame;
}

/// Reads the planes, packed one after the other, and lets the frame point to them.
std::vector<uint8_t> ReadPlanes(roadwatch::PlanarFrame& frame) {
  const auto lumaBytes = static_cast<size_t>(frame.widthPx) * static_cast<size_t>(frame.heightPx);
  const auto chromaBytes =
      static_cast<size_t>(frame.ChromaWidthPx()) * static_cast<size_t>(frame.ChromaHeightPx());
  std::vector<uint8_t> bytes(lumaBytes + 2 * chromaBytes);
  const size_t received = std::fread(bytes.data(), 1, bytes.size(), stdin);
  if (received != bytes.size() || std::fgetc(stdin) != EOF) {
    throw std::runtime_error("expected exactly " + std::to_string(bytes.size()) + " bytes of planes");
  }
  frame.planes = {bytes.data(), bytes.data() + lumaBytes, bytes.data() + lumaBytes + chromaBytes};
  frame.strides = {frame.widthPx, frame.ChromaWidthPx(), frame.ChromaWidthPx()};
  return bytes;
}

void Dump(std::span<char*> arguments) {
  roadwatch::PlanarFrame frame = Describe(arguments);
  const int longSidePx = Number(arguments[6], 1, kLargestInputPx);
  const int stridePx = Number(arguments[7], 1, kLargestInputPx);
  const std::vector<uint8_t> planes = ReadPlanes(frame);

  const auto input = roadwatch::ChooseInputSize(frame.widthPx, frame.heightPx, longSidePx, stridePx);
  const auto geometry = roadwatch::FitLetterbox(frame.widthPx, frame.heightPx, input);
  std::vector<float> tensor(3 * static_cast<size_t>(input.heightPx) * static_cast<size_t>(input.widthPx));
  roadwatch::Letterbox{}.Run(frame, geometry, tensor);
  if (std::fwrite(tensor.data(), sizeof(float), tensor.size(), stdout) != tensor.size()) {
    throw std::runtime_error("could not write the tensor");
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != kArguments + 1) {
    std::fputs(kUsage, stderr);
    return 2;
  }
  try {
    Dump(std::span(argv + 1, kArguments));
    return 0;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "letterbox_dump: %s\n", error.what());
    return 1;
  }
}
