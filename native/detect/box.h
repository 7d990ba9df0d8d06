#pragma once

namespace roadwatch {

/// One detected object. Corners in pixels (of the model's input before `LetterboxGeometry`, of the source
/// picture after), x1 <= x2, y1 <= y2; confidence 0..1; classId is the model's.
struct Box {
  float x1 = 0;
  float y1 = 0;
  float x2 = 0;
  float y2 = 0;
  float confidence = 0;
  int classId = 0;
};

}  // namespace roadwatch
