// Errors of the CUDA runtime and of cuBLASLt as exceptions that say what was being done, those of the runtime also what to do.
#pragma once

#include <cublasLt.h>
#include <cuda_runtime.h>


#include "host/support/error.h"

namespace friedel::cuda {

inline const char* cure_of(cudaError_t status) {
    switch (status) {
        case cudaErrorNoDevice:
            return "; no CUDA device is visible here, look at CUDA_VISIBLE_DEVICES or use --device cpu";
        case cudaErrorInsufficientDriver:
        case cudaErrorUnsupportedPtxVersion:
            return "; the driver is older than the CUDA that friedel was built with, update it or use --device cpu";
        case cudaErrorStubLibrary:
            return "; libcuda.so.1 is the toolkit's stub and no driver, take its folder out of LD_LIBRARY_PATH or use --device cpu";
        case cudaErrorInvalidDevice:
            return "; there is no device of that number, nvidia-smi -L lists them";
        case cudaErrorNoKernelImageForDevice:
        case cudaErrorInvalidDeviceFunction:
            return "; friedel was not built for this GPU, build it with -DCMAKE_CUDA_ARCHITECTURES= and its compute capability, 90-real "
                   "for 9.0";
        case cudaErrorMemoryAllocation:
            return "; wait until other processes have left the device, use a smaller training.batch, network or ensemble, or --device cpu";
        case cudaErrorDevicesUnavailable:
            return "; another process holds the device";
        case cudaErrorSystemDriverMismatch:
        case cudaErrorCompatNotSupportedOnDevice:
            return "; the parts of the driver do not fit each other, restart after updating it or use --device cpu";
        case cudaErrorIllegalAddress:
        case cudaErrorMisalignedAddress:
        case cudaErrorIllegalInstruction:
        case cudaErrorHardwareStackError:
        case cudaErrorLaunchFailure:
        case cudaErrorLaunchTimeout:
        case cudaErrorECCUncorrectable:
        case cudaErrorNvlinkUncorrectable:
#if CUDART_VERSION >= 12080
        case cudaErrorContained:
#endif
        case cudaErrorUnknown:
            return "; the device is lost to this run, go on from the last checkpoint with --resume; dmesg and nvidia-smi -q say more";
        default:
            return "";
    }
}

inline void check(cudaError_t status, const char* what) {
    if (status == cudaSuccess) return;
    cudaGetLastError();  // what cannot be undone stays; what can must not be reported again by the next call
    fail("CUDA: ", what, ": ", cudaGetErrorString(status), cure_of(status));
}

inline void check(cublasStatus_t status, const char* what) {
    if (status != CUBLAS_STATUS_SUCCESS) fail("cuBLASLt: ", what, ": ", cublasLtGetStatusName(status));
}

inline void check_launch(const char* what) { check(cudaGetLastError(), what); }

}  // namespace friedel::cuda
