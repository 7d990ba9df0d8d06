#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "decode/decoder.h"
#include "decode/hardware_devices.h"
#include "decode/packet_gate.h"
#include "detect/vision_backend.h"
#include "image/scene_digest.h"
#include "pipeline/detection.h"
#include "pipeline/options.h"
#include "pipeline/pipeline_listener.h"
#include "pipeline/worker_pool.h"
#include "source/camera_reader.h"
#include "time/clock.h"
#include "time/random.h"

namespace roadwatch {

/// A decoded frame in the camera's slot, until a batch takes it or a newer one replaces it.
struct PendingFrame {
  DecodedFrame frame;
  double decodeMs = 0;
  MonotonicTime readyAt{};
  std::optional<SceneDigest> scene{};  ///< where results may be reused
};

/// What is known of a camera at a moment; counters run since it was added.
struct CameraStats {
  std::string cameraId;
  ConnectionState connection;
  SourceQuality quality;
  DecodeMode decodeMode = DecodeMode::kKeyframes;
  std::optional<std::chrono::milliseconds> gop;
  bool gradualRefresh = false;  ///< it sends no keyframes, but refreshes its picture bit by bit
  std::chrono::milliseconds configuredInterval{0};
  std::chrono::milliseconds interval{0};  ///< in effect: the configured one, stretched under load
  std::string decoder;
  std::string codec;
  int imageWidthPx = 0;
  int imageHeightPx = 0;
  double meanDecodeMs = 0;
  uint64_t framesDecoded = 0;
  uint64_t decodeErrors = 0;
  uint64_t framesOffered = 0;  ///< decoded for an analysis
  uint64_t framesReplaced = 0;
  uint64_t framesStale = 0;
  uint64_t analysed = 0;
  uint64_t reused = 0;  ///< of `analysed`, those for which an earlier result stands
  bool busy = false;    ///< a frame is being analysed, or its result not let go
  std::optional<std::chrono::milliseconds> resultAge;
};

/// One camera from its packets to the newest frame: reader, decode policy, decoder and a slot of one frame.
/// Packets come on the reader's thread; decoding runs on the pool, one task of a camera at a time, of at most
/// `kPacketsATask` packets (with Playback::kEveryFrame on the reader's thread, which then waits for each
/// analysis). Closed by its pipeline.
class Camera final : public CameraReader::Listener, public std::enable_shared_from_this<Camera> {
 public:
  /// Other cameras' tasks come between the parts of a long burst.
  static constexpr size_t kPacketsATask = 64;

  class Listener {
   public:
    virtual ~Listener() = default;
    /// The slot holds a frame and the camera is free for an analysis. Called from pool or reader threads.
    virtual void OnFrameReady(const std::shared_ptr<Camera>& camera) = 0;
    /// Nothing has changed since the last analysis: `result` stands for this frame, too. The camera is busy
    /// until Release(). Called as OnFrameReady().
    virtual void OnFrameUnchanged(const std::shared_ptr<Camera>& camera, PendingFrame frame,
                                  VisionResult result) = 0;
  };

  Camera(CameraOptions options, uint64_t serial, std::chrono::milliseconds phase,
         const BackoffOptions& backoff, WorkerPool& pool, HardwareDevices& devices, const Clock& clock,
         Random& random, Listener& frames, PipelineListener& events);
  ~Camera() override;

  void Start();
  /// Tells the reader to stop, without waiting.
  void RequestClose() noexcept;
  /// Joins the reader and waits for the decode task. Safe to call twice.
  void Close() noexcept;

  /// Takes the slot's frame for an analysis; none when it is gone or too old. From then on the camera is busy
  /// until Release().
  std::optional<PendingFrame> TakeFrame();
  /// The size of the slot's frame; none when it is empty.
  std::optional<std::pair<int, int>> PendingSizePx() const;
  /// The analysis ended, with a result or without; the next frame may go.
  void Release(bool analysed);
  std::optional<std::chrono::duration<double, std::milli>> SinceNewestResult() const;

  /// The time of its newest result and an interval more; the beginning of time before its first.
  MonotonicTime NextResultDue() const;

  /// A frame was analysed with these zones: while they are the camera's own, its result may stand for later
  /// ones.
  void Remember(const PendingFrame& frame, const VisionResult& result,
                const std::shared_ptr<const ZoneFilter>& zones);
  void SetDemand(PictureDemand demand);
  PictureDemand Demand() const;
  /// Under load: the factor by which all cameras' intervals are stretched, from 1.
  void SetStretch(double stretch);
  /// Another interval, priority and zones, from now on.
  void Tune(CameraTuning tuning);
  std::shared_ptr<const ZoneFilter> Zones() const;
  /// As configured, not stretched.
  std::chrono::milliseconds Interval() const;
  bool IsLive() const { return options_.playback == Playback::kLive; }
  void RestartSource();
  void RestartDecode();
  /// The slot's frame, if nobody is busy with an earlier one, is announced once more.
  void AnnounceAgain();
  CameraStats Stats() const;
  CameraKey Key() const { return {options_.cameraId, serial_}; }

 private:
  void OnState(const ConnectionState& state) override;
  void OnStream(StreamInfo stream) override;
  void OnPacket(Packet packet) override;
  void OnEnd() override;

  void ScheduleDecode();
  void DecodeTask(WorkerContext& context);
  bool TakeWork();
  void TakeStream();
  void LetWorkGo();
  void PrepareDecoder(bool restart);
  void RunPart();
  void DecodePacket(const Packet& packet, const Decoder::Sink& sink);
  void DecodeKeyframe(const Packet& packet, const Decoder::Sink& sink);
  bool IsUnseen(size_t index) const;
  void DecodeEveryFrame(const Packet& packet);
  void OfferEveryFrame(DecodedFrame frame);
  bool IsDue(double mediaTimeMs) const;
  void WaitUntilAnalysed(std::unique_lock<std::mutex>& lock);
  void PutFrame(DecodedFrame frame);
  void OfferFrame(PendingFrame pending);
  /// The last result, where it stands for this frame; the camera is then busy. With the lock held.
  std::optional<VisionResult> TakeReusable(const PendingFrame& frame);
  void CountDecodeError(const std::exception& error);
  void Log(LogLevel level, std::string code, std::string message);

  const CameraOptions options_;
  const uint64_t serial_;
  WorkerPool& pool_;
  HardwareDevices& devices_;
  const Clock& clock_;
  Listener& frames_;
  PipelineListener& events_;

  std::mutex closing_;  ///< held while Close() waits: a second caller waits for it
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  PacketGate gate_;
  AvCodecParametersPtr newStream_;  ///< set by a new connection, taken by the next decode
  std::optional<PendingFrame> slot_;
  std::atomic<bool> closed_{false};  ///< set under the lock; a long decode looks without it
  bool decodeScheduled_ = false;
  bool restartDecode_ = false;
  bool saidGradual_ = false;  ///< of this connection, that it sends no keyframes
  bool announced_ = false;    ///< the listener knows of the slot's frame
  bool busy_ = false;         ///< a frame is being analysed, or its result not delivered
  PictureDemand demand_;
  std::chrono::milliseconds interval_;
  double priority_;
  double stretch_ = 1;
  std::shared_ptr<const ZoneFilter> zones_;
  CameraStats stats_;
  double decodeMsTotal_ = 0;
  std::optional<MonotonicTime> newestResultAt_;
  /// The last analysis, where results may be reused.
  struct Analysed {
    SceneDigest scene;
    VisionResult result;
    MonotonicTime receivedAt{};
    std::optional<double> mediaTimeMs;
  };
  std::optional<Analysed> analysed_;

  // Of the decode task alone (one at a time), or of the reader's thread with kEveryFrame.
  AvCodecParametersPtr stream_;
  bool rebuild_ = false;  ///< the decoder is of another stream, or stuck
  std::unique_ptr<Decoder> decoder_;
  DecodeWork work_;                     ///< what is being decoded
  size_t nextPacket_ = 0;               ///< of `work_`
  std::optional<DecodedFrame> newest_;  ///< that came of `work_` so far
  double decodeMsSinceFrame_ = 0;
  bool analysisOwed_ = false;
  double nextMediaTimeMs_ = 0;

  CameraReader reader_;  ///< last: its thread ends before anything it calls goes
};

}  // namespace roadwatch
