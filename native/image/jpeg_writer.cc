#include "image/jpeg_writer.h"

// libjpeg's header needs it, and does not say so.
#include <cstdio>

#include <jpeglib.h>

#include <csetjmp>
#include <cstdlib>
#include <string>

#include "error.h"

namespace roadwatch {

namespace {

constexpr int kBlock = 8;
/// Most pictures of 720p fit; larger ones make the buffer grow once.
constexpr unsigned long kFirstBytes = 256UL << 10;

struct Failure {
  jpeg_error_mgr manager{};
  std::jmp_buf leave{};
  std::array<char, JMSG_LENGTH_MAX> message{};
};

/// libjpeg's way out: its C frames cannot be passed by an exception.
[[noreturn]] void Leave(j_common_ptr codec) {
  auto* failure = reinterpret_cast<Failure*>(codec->err);
  codec->err->format_message(codec, failure->message.data());
  std::longjmp(failure->leave, 1);
}

void SayNothing(j_common_ptr /*codec*/) {}

int Rounded(int length, int shift) { return (length + (1 << shift) - 1) >> shift; }

}  // namespace

struct JpegWriter::State {
  Failure failure;
  jpeg_compress_struct codec{};
  unsigned char* buffer = nullptr;  ///< libjpeg's own: it replaces it when it is too small
  unsigned long capacity = 0;

  void Set(const JpegShape& shape);
  bool Compress(const JpegShape& shape, const RowsOf& rowsOf, unsigned long& size);
};

JpegWriter::JpegWriter() : state_(std::make_unique<State>()) {
  state_->codec.err = jpeg_std_error(&state_->failure.manager);
  state_->failure.manager.error_exit = Leave;
  state_->failure.manager.output_message = SayNothing;
  jpeg_create_compress(&state_->codec);
}

JpegWriter::~JpegWriter() {
  jpeg_destroy_compress(&state_->codec);
  std::free(state_->buffer);
}

std::span<const uint8_t> JpegWriter::Write(const JpegShape& shape, const RowsOf& rowsOf) {
  State& state = *state_;
  if (state.buffer == nullptr) {
    state.buffer = static_cast<unsigned char*>(std::malloc(kFirstBytes));
    state.capacity = state.buffer == nullptr ? 0 : kFirstBytes;
  }
  unsigned char* const before = state.buffer;
  unsigned long size = state.capacity;
  if (!state.Compress(shape, rowsOf, size)) {
    throw Error("jpeg-failed", std::string("cannot make a JPEG: ") + state.failure.message.data());
  }
  if (state.buffer != before) {
    std::free(before);
    state.capacity = size;
  }
  return {state.buffer, size};
}

void JpegWriter::State::Set(const JpegShape& shape) {
  // Whatever the last picture left behind, if it was not finished.
  jpeg_abort_compress(&codec);
  codec.image_width = static_cast<JDIMENSION>(shape.widthPx);
  codec.image_height = static_cast<JDIMENSION>(shape.heightPx);
  codec.input_components = 3;
  codec.in_color_space = JCS_YCbCr;
  jpeg_set_defaults(&codec);
  jpeg_set_quality(&codec, shape.quality, TRUE);
  codec.raw_data_in = TRUE;
  codec.dct_method = JDCT_IFAST;
  codec.restart_interval = static_cast<unsigned>(shape.restartIntervalMcus);
  codec.comp_info[0].h_samp_factor = 1 << shape.chromaShiftX;
  codec.comp_info[0].v_samp_factor = 1 << shape.chromaShiftY;
}

/// False, with a message, where libjpeg-turbo refuses. Holds nothing that would have to be destroyed: a
/// failure leaves by longjmp.
bool JpegWriter::State::Compress(const JpegShape& shape, const RowsOf& rowsOf, unsigned long& size) {
  const int mcuRows = Rounded(shape.heightPx, shape.chromaShiftY + 3);
  const auto lumaRows = static_cast<JDIMENSION>(kBlock << shape.chromaShiftY);
  McuRows rows;
  std::array<JSAMPARRAY, 3> planes;
  for (size_t i = 0; i < planes.size(); ++i) {
    planes[i] = const_cast<JSAMPARRAY>(rows[i].data());
  }
  if (setjmp(failure.leave) != 0) return false;
  Set(shape);
  jpeg_mem_dest(&codec, &buffer, &size);
  jpeg_start_compress(&codec, TRUE);
  for (int row = 0; row < mcuRows; ++row) {
    rowsOf(row, rows);
    jpeg_write_raw_data(&codec, planes.data(), lumaRows);
  }
  jpeg_finish_compress(&codec);
  return true;
}

}  // namespace roadwatch
