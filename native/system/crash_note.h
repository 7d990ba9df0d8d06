#pragma once

#include "system/marks_file.h"

namespace roadwatch {

/// From now on, a signal that ends the process is noted in `head` before it does its work: which one, to
/// which thread, and whether another process sent it. What handled the signals before still does. One at a
/// time.
void NoteCrashesIn(MarksHead* head) noexcept;
/// Leaves the signals to what handled them before.
void StopNotingCrashes() noexcept;

}  // namespace roadwatch
