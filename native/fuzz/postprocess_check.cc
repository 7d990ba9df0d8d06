#include "fuzz/postprocess_check.h"

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <stdexcept>
#include <utility>
#include <vector>

#include "detect/cpu_backend.h"
#include "detect/nms.h"
#include "detect/yolov8_decoder.h"

namespace roadwatch {

namespace {

constexpr int kMostClasses = 12;
constexpr int kMostAnchors = 400;
constexpr int kLargestSourcePx = 8192;
constexpr int kLargestInputPx = 640;

/// Takes values off the front of the bytes; zeros once they are used up.
class Bytes {
 public:
  explicit Bytes(std::span<const uint8_t> bytes) : rest_(bytes) {}

  template <typename Value>
  Value Take() {
    Value value{};
    const size_t taken = std::min(sizeof(Value), rest_.size());
    if (taken > 0) std::memcpy(&value, rest_.data(), taken);
    rest_ = rest_.subspan(taken);
    return value;
  }
  int TakeInteger(int lowest, int highest) {
    return lowest + static_cast<int>(Take<uint16_t>()) % (highest - lowest + 1);
  }
  size_t Left() const { return rest_.size(); }

 private:
  std::span<const uint8_t> rest_;
};

struct Case {
  VisionOptions options;
  LetterboxGeometry geometry;
  std::vector<float> output;
  int anchors = 0;
};

VisionOptions TakeOptions(Bytes& bytes) {
  VisionOptions options;
  options.classes = bytes.TakeInteger(1, kMostClasses);
  options.confidence = bytes.Take<float>();
  options.iou = bytes.Take<float>();
  options.maxObjects = bytes.TakeInteger(0, kMostAnchors);
  options.groupDistancePx = bytes.Take<float>();
  options.minGroupMembers = bytes.TakeInteger(0, 4);
  for (int i = 0; i < options.classes; ++i) {
    const auto choice = bytes.Take<uint8_t>();
    options.allowed.push_back(choice & 1U);
    options.rivalOfClass.push_back(choice >> 5U);
  }
  return options;
}

Case TakeCase(Bytes bytes) {
  Case one;
  one.options = TakeOptions(bytes);
  const InputSize input{bytes.TakeInteger(1, kLargestInputPx), bytes.TakeInteger(1, kLargestInputPx)};
  const int sourceWidthPx = bytes.TakeInteger(1, kLargestSourcePx);
  one.geometry = FitLetterbox(sourceWidthPx, bytes.TakeInteger(1, kLargestSourcePx), input);
  const auto rows = static_cast<size_t>(4 + one.options.classes);
  const size_t anchors = std::min<size_t>(kMostAnchors, bytes.Left() / (rows * sizeof(float)));
  one.anchors = static_cast<int>(anchors);
  for (size_t i = 0; i < rows * anchors; ++i) one.output.push_back(bytes.Take<float>());
  return one;
}

void Promise(bool kept, const char* what) {
  if (!kept) throw std::logic_error(what);
}

void CheckSuppression(const Case& one) {
  std::vector<Box> candidates;
  DecodeYolov8(one.output, one.options.classes, one.anchors, one.options.confidence, one.options.allowed,
               candidates);
  const std::vector<int>& rivalOf = one.options.rivalOfClass;
  const auto kept = NonMaxSuppression(candidates, rivalOf, one.options.iou, one.options.maxObjects);
  for (size_t i = 0; i < kept.size(); ++i) {
    for (size_t k = i + 1; k < kept.size(); ++k) {
      const bool rivals =
          rivalOf[static_cast<size_t>(kept[i].classId)] == rivalOf[static_cast<size_t>(kept[k].classId)];
      Promise(!rivals || !(IntersectionOverUnion(kept[i], kept[k]) > one.options.iou),
              "no two rivals that are kept overlap");
    }
  }
}

bool IsInside(const Box& box, const LetterboxGeometry& geometry) {
  return 0 <= box.x1 && box.x1 <= box.x2 && box.x2 <= static_cast<float>(geometry.sourceWidthPx) &&
         0 <= box.y1 && box.y1 <= box.y2 && box.y2 <= static_cast<float>(geometry.sourceHeightPx);
}

void CheckObjects(const Case& one, const std::vector<Box>& objects) {
  Promise(std::cmp_less_equal(objects.size(), one.options.maxObjects), "there are at most maxObjects");
  for (const Box& box : objects) {
    Promise(IsInside(box, one.geometry), "boxes lie in the picture");
    Promise(box.confidence > one.options.confidence, "scores are above the threshold");
    Promise(box.classId >= 0 && box.classId < one.options.classes, "classes are the model's");
    Promise(one.options.allowed[static_cast<size_t>(box.classId)] != 0, "classes are allowed ones");
  }
  Promise(std::is_sorted(objects.begin(), objects.end(),
                         [](const Box& a, const Box& b) { return a.confidence > b.confidence; }),
          "the most confident comes first");
}

bool AreNear(const Box& a, const Box& b, double distancePx) {
  const double dx = (double{a.x1} + double{a.x2}) / 2 - (double{b.x1} + double{b.x2}) / 2;
  const double dy = (double{a.y1} + double{a.y2}) / 2 - (double{b.y1} + double{b.y2}) / 2;
  return distancePx >= 0 && dx * dx + dy * dy <= distancePx * distancePx;
}

/// The group of each object; none has two.
std::vector<int> GroupOfEach(const VisionResult& result) {
  std::vector<int> groupOf(result.objects.size(), -1);
  for (size_t i = 0; i < result.groups.size(); ++i) {
    const std::vector<int>& members = result.groups[i].members;
    Promise(!members.empty() && std::is_sorted(members.begin(), members.end()), "members are in order");
    for (const int member : members) {
      int& group = groupOf.at(static_cast<size_t>(member));
      Promise(group == -1, "an object is in one group");
      group = static_cast<int>(i);
    }
  }
  return groupOf;
}

void CheckGroups(const Case& one, const VisionResult& result) {
  const std::vector<int> groupOf = GroupOfEach(result);
  for (const Group& group : result.groups) {
    Promise(std::cmp_greater_equal(group.members.size(), one.options.minGroupMembers),
            "groups are not too small");
    Promise(IsInside(group.bounds, one.geometry), "groups lie in the picture");
    const PixelRect crop =
        CropRect(group.bounds, 12, one.geometry.sourceWidthPx, one.geometry.sourceHeightPx);
    Promise(crop.x >= 0 && crop.widthPx >= 1 && crop.x + crop.widthPx <= one.geometry.sourceWidthPx,
            "crops lie in the picture, across");
    Promise(crop.y >= 0 && crop.heightPx >= 1 && crop.y + crop.heightPx <= one.geometry.sourceHeightPx,
            "crops lie in the picture, down");
  }
  for (size_t i = 0; i < result.objects.size(); ++i) {
    for (size_t k = i + 1; k < result.objects.size(); ++k) {
      if (!AreNear(result.objects[i], result.objects[k], double{one.options.groupDistancePx})) continue;
      Promise(groupOf[i] == groupOf[k], "neighbours are in the same group");
    }
  }
}

}  // namespace

void CheckPostprocess(std::span<const uint8_t> bytes) {
  const Case one = TakeCase(Bytes(bytes));
  CheckSuppression(one);
  const VisionResult result =
      CpuBackend(one.options).Postprocess(one.output, 4 + one.options.classes, one.anchors, one.geometry, {});
  CheckObjects(one, result.objects);
  CheckGroups(one, result);
}

}  // namespace roadwatch
