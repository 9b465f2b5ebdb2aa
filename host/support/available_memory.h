// How much memory this process may still touch before the kernel kills it.
#pragma once

#include <cstddef>
#include <filesystem>

namespace friedel {

// Bytes: what the machine has left, or less where a control group, as batch systems and containers make them, allows less (versions 1
// and 2). The largest number where nobody says.
std::size_t available_memory(const std::filesystem::path& proc = "/proc", const std::filesystem::path& groups = "/sys/fs/cgroup");

}  // namespace friedel
