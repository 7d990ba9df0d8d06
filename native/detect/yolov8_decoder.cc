#include "detect/yolov8_decoder.h"

#include <cmath>
#include <cstddef>
#include <cstdint>

#include "image/vectorised.h"

namespace roadwatch {

namespace {

constexpr size_t kGeometryRows = 4;  // cx, cy, w, h

/// Each anchor's best class so far and its score, for all anchors at once.
struct Labels {
  std::vector<float> scores;
  std::vector<int32_t> classIds;
};

/// Lets one class compete. Without a branch, so that it is vectorised; NaN is greater than nothing.
ROADWATCH_VECTORISED void LetCompete(const float* __restrict scores, int32_t classId, size_t anchors,
                                     float* __restrict best, int32_t* __restrict bestIds) {
  for (size_t i = 0; i < anchors; ++i) {
    const bool wins = scores[i] > best[i];
    best[i] = wins ? scores[i] : best[i];
    bestIds[i] = wins ? classId : bestIds[i];
  }
}

/// The best class of each anchor above the threshold; -1 where there is none.
Labels BestLabels(std::span<const float> output, int classes, size_t anchors, float confidenceThreshold) {
  Labels labels{std::vector<float>(anchors, confidenceThreshold), std::vector<int32_t>(anchors, -1)};
  const float* scores = output.data() + kGeometryRows * anchors;
  for (int32_t classId = 0; classId < classes; ++classId, scores += anchors) {
    LetCompete(scores, classId, anchors, labels.scores.data(), labels.classIds.data());
  }
  return labels;
}

Box BoxAround(float centreX, float centreY, float width, float height) {
  return {centreX - width / 2, centreY - height / 2, centreX + width / 2, centreY + height / 2, 0, 0};
}

bool IsProper(const Box& box) {
  return std::isfinite(box.x1) && std::isfinite(box.y1) && std::isfinite(box.x2) && std::isfinite(box.y2) &&
         box.x1 <= box.x2 && box.y1 <= box.y2;
}

}  // namespace

void DecodeYolov8(std::span<const float> output, int classes, int anchors, float confidenceThreshold,
                  std::span<const unsigned char> allowed, std::vector<Box>& boxes) {
  const auto count = static_cast<size_t>(anchors);
  const Labels labels = BestLabels(output, classes, count, confidenceThreshold);
  for (size_t i = 0; i < count; ++i) {
    const int32_t classId = labels.classIds[i];
    if (classId < 0 || allowed[static_cast<size_t>(classId)] == 0) continue;
    Box box = BoxAround(output[i], output[count + i], output[2 * count + i], output[3 * count + i]);
    if (!IsProper(box)) continue;
    box.confidence = labels.scores[i];
    box.classId = classId;
    boxes.push_back(box);
  }
}

}  // namespace roadwatch
