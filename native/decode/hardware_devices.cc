#include "decode/hardware_devices.h"

namespace roadwatch {

namespace {

AvBufferPtr OpenFirst(AVHWDeviceType type) {
  AVBufferRef* device = nullptr;
  if (av_hwdevice_ctx_create(&device, type, nullptr, nullptr, 0) < 0) return nullptr;
  return AvBufferPtr(device);
}

}  // namespace

HardwareDevices::HardwareDevices() : HardwareDevices(OpenFirst) {}

AvBufferPtr HardwareDevices::Get(AVHWDeviceType type) {
  const std::lock_guard lock(mutex_);
  AvBufferPtr& device = devices_[type];
  if (!device) device = open_(type);
  return AvBufferPtr(device ? av_buffer_ref(device.get()) : nullptr);
}

}  // namespace roadwatch
