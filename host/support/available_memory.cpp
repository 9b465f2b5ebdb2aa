#include "host/support/available_memory.h"

#include <algorithm>
#include <fstream>
#include <limits>
#include <sstream>
#include <string>

namespace friedel {

namespace {

namespace fs = std::filesystem;

constexpr std::size_t unlimited = std::numeric_limits<std::size_t>::max();

// The number in a file of one word; `unlimited` where there is none, as for "max".
std::size_t number_in(const fs::path& file) {
    std::ifstream in(file);
    std::size_t number = 0;
    return in >> number ? number : unlimited;
}

// The number behind a name at the start of a line; `missing` where there is none.
std::size_t number_behind(const fs::path& file, const std::string& wanted, std::size_t missing) {
    std::ifstream in(file);
    for (std::string line; std::getline(in, line);) {
        std::istringstream words(line);
        std::string name;
        std::size_t number = 0;
        if (words >> name >> number && name == wanted) return number;
    }
    return missing;
}

// What the files of one version of control groups are called.
struct GroupFiles {
    const char *limit, *usage, *reclaimable;
};

// The least that the group at `path` below `root`, or one that it is in, has left. What it caches of files is given back when asked for.
std::size_t left_in_group(const fs::path& root, fs::path path, const GroupFiles& files) {
    std::size_t least = unlimited;
    for (;; path = path.parent_path()) {
        const fs::path group = root / path;
        const std::size_t limit = number_in(group / files.limit), usage = number_in(group / files.usage);
        if (limit != unlimited && usage != unlimited) {
            const std::size_t held = usage - std::min(usage, number_behind(group / "memory.stat", files.reclaimable, 0));
            least = std::min(least, limit - std::min(limit, held));
        }
        if (!path.has_relative_path()) return least;
    }
}

}  // namespace

std::size_t available_memory(const fs::path& proc, const fs::path& groups) {
    const std::size_t kilobytes = number_behind(proc / "meminfo", "MemAvailable:", unlimited);
    std::size_t least = kilobytes == unlimited ? unlimited : 1024 * kilobytes;
    // Lines such as "0::/user.slice" (version 2) and "8:cpu,memory:/slurm/job_1" (version 1).
    std::ifstream in(proc / "self/cgroup");
    for (std::string line; std::getline(in, line);) {
        const std::size_t first = line.find(':'), second = line.find(':', first + 1);
        if (first == std::string::npos || second == std::string::npos) continue;
        const std::string controllers = "," + line.substr(first + 1, second - first - 1) + ",";
        const fs::path path = fs::path(line.substr(second + 1)).relative_path();
        if (controllers == ",,") least = std::min(least, left_in_group(groups, path, {"memory.max", "memory.current", "inactive_file"}));
        if (controllers.find(",memory,") != std::string::npos) {
            const GroupFiles files{"memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file"};
            least = std::min(least, left_in_group(groups / "memory", path, files));
        }
    }
    return least;
}

}  // namespace friedel
