#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "image/planar_frame.h"

namespace roadwatch {

/// A picture in memory of its own, neutral grey at first.
struct Picture {
  Picture(int widthPx_, int heightPx_, int shiftX_, int shiftY_)
      : widthPx(widthPx_), heightPx(heightPx_), shiftX(shiftX_), shiftY(shiftY_) {
    const PlanarFrame size = Size();
    planes[0].assign(static_cast<size_t>(widthPx * heightPx), 128);
    for (size_t i : {1, 2}) {
      planes[i].assign(static_cast<size_t>(size.ChromaWidthPx() * size.ChromaHeightPx()), 128);
    }
  }
  PlanarFrame View() const {
    PlanarFrame view = Size();
    view.planes = {planes[0].data(), planes[1].data(), planes[2].data()};
    view.strides = {widthPx, view.ChromaWidthPx(), view.ChromaWidthPx()};
    return view;
  }

  std::array<std::vector<uint8_t>, 3> planes;
  int widthPx;
  int heightPx;
  int shiftX;
  int shiftY;

 private:
  PlanarFrame Size() const {
    PlanarFrame size;
    size.widthPx = widthPx;
    size.heightPx = heightPx;
    size.chromaShiftX = shiftX;
    size.chromaShiftY = shiftY;
    return size;
  }
};

}  // namespace roadwatch
