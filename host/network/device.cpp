#include "host/network/device.h"

#include <dlfcn.h>

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <map>
#include <optional>

#include "host/network/precision.h"
#include "host/support/error.h"
#include "host/support/shared_module.h"

namespace friedel {

namespace {

constexpr const char* library_name = "libfriedel_cuda.so";

// The number N of "cuda:N", 0 of "cuda"; none for the other choices.
std::optional<int> cuda_number(const std::string& choice) {
    const std::string kind = "cuda";
    if (!choice.starts_with(kind)) return std::nullopt;
    if (choice == kind) return 0;
    int number = -1;
    const char* const first = choice.data() + kind.size() + 1;
    const char* const last = choice.data() + choice.size();
    const bool good = choice[kind.size()] == ':' && first < last && std::from_chars(first, last, number).ptr == last && number >= 0;
    return good ? std::optional(number) : std::nullopt;
}

std::unique_ptr<Backend> open_backend(const DeviceChoice& choice, ThreadPool& pool, const Tell& tell) {
    check_device_choice(choice);
    if (const std::optional<int> number = cuda_number(choice.device)) {
        try {
            return choice.device == "cuda" ? make_cuda_backend(choice.rank_on_node, choice.precision, true)
                                           : make_cuda_backend(*number, choice.precision);
        } catch (const Error& error) {
            const std::string what = error.what();
            if (what.find("--device cpu") != std::string::npos) throw;
            fail(what, "; use --device cpu where there is none");
        }
    }
    if (choice.device == "auto" && !module_file(library_name).empty()) {
        try {
            return make_cuda_backend(choice.rank_on_node, choice.precision, true);
        } catch (const Error& error) {
            if (tell) tell(std::string(error.what()) + "; running on the CPU");
        }
    }
    return make_cpu_backend(pool, parse_precision(choice.precision).value_or(Precision::float32));
}

}  // namespace

Device::Device(const DeviceChoice& choice, int threads, const Tell& tell) : pool(threads), backend(open_backend(choice, pool, tell)) {}

void check_device_choice(const DeviceChoice& choice) {
    if (choice.device != "auto" && choice.device != "cpu" && !cuda_number(choice.device)) {
        fail("'", choice.device, "' is no device; give auto, cpu, cuda or cuda:N");
    }
    parse_precision(choice.precision);
}

std::unique_ptr<Backend> make_cuda_backend(int number, const std::string& precision, bool wrap) {
    const std::filesystem::path file = module_file(library_name);
    if (file.empty()) fail("no CUDA backend beside this program (built without a CUDA toolkit); build it with -DFRIEDEL_CUDA=ON");
    // Asked first, because it is quick: the backend itself draws in hundreds of megabytes of libraries.
    if (!dlopen("libcuda.so.1", RTLD_NOW | RTLD_GLOBAL)) fail("no CUDA device (driver missing)");
    void* const library = open_module(file, false, "the CUDA backend cannot be loaded",
                                      "put the folder of the CUDA libraries into LD_LIBRARY_PATH, or use --device cpu");
    const auto version = module_function<const char*()>(library, file, "friedel_cuda_version");
    if (std::string(version()) != FRIEDEL_VERSION) fail(library_name, " is of version ", version(), ", the program of " FRIEDEL_VERSION);
    if (wrap) number %= std::max(1, module_function<int()>(library, file, "friedel_cuda_devices")());
    const auto make = module_function<Backend*(int, const char*)>(library, file, "friedel_cuda_backend");
    return std::unique_ptr<Backend>(make(number, precision.c_str()));
}

std::string duplicate_device_fault(const std::vector<std::string>& identities) {
    std::map<std::string, std::size_t> rank_at;
    for (std::size_t rank = 0; rank < identities.size(); ++rank) {
        if (identities[rank].empty() != identities.front().empty()) {
            const std::size_t with = identities[rank].empty() ? 0 : rank, without = identities[rank].empty() ? rank : 0;
            return "rank " + std::to_string(with) + " has a GPU and rank " + std::to_string(without) +
                   " has none; --device cuda says there what is missing, --device cpu trains without";
        }
        if (identities[rank].empty()) continue;
        const auto [there, fresh] = rank_at.emplace(identities[rank], rank);
        if (!fresh) {
            return "ranks " + std::to_string(there->second) + " and " + std::to_string(rank) +
                   " have the same GPU; start one rank for each, or train with --device cpu";
        }
    }
    return "";
}

void check_distinct_devices(const Backend& backend, Communicator& ranks) {
    const std::string fault = duplicate_device_fault(ranks.gather(backend.device_identity()));
    if (!fault.empty()) fail(fault);
}

}  // namespace friedel
