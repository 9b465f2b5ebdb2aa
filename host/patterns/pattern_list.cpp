#include "host/patterns/pattern_list.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <limits>
#include <map>

#include "host/patterns/nexus_file.h"
#include "host/patterns/other_files.h"
#include "host/patterns/pattern_address.h"
#include "host/patterns/pattern_output.h"
#include "host/support/error.h"
#include "host/support/hash.h"
#include "host/support/hdf5_file.h"
#include "host/support/joined.h"
#include "host/support/text_encoding.h"
#include "host/support/text_format.h"

namespace friedel {

namespace fs = std::filesystem;

namespace {

// A CIF is more often a structure than a pattern: those are named one by one.
constexpr std::array<const char*, 22> endings = {".xy",   ".xye", ".txt", ".dat",  ".asc",  ".chi", ".xrdml", ".ras",
                                                 ".rasx", ".raw", ".uxd", ".brml", ".gsas", ".gsa", ".gss",   ".fxye",
                                                 ".xra",  ".udf", ".mdi", ".cpi",  ".prf",  ".nxs"};

std::string all_endings() {
    std::string all;
    for (const char* ending : endings) all += std::string(ending) + ", ";
    return all + ".h5 and .hdf5 of NeXus patterns, .csv but labels, results and metrics";
}

bool begins_with_own_table(const fs::path& file) {
    std::ifstream in(file);
    std::string line(500, '\0');  // a binary file may have no lines
    in.read(line.data(), static_cast<std::streamsize>(line.size()));
    line.resize(static_cast<std::size_t>(in.gcount()));
    line = is_utf_16(line) ? utf_8_of_utf_16(line) : std::string(without_byte_order_mark(line));
    return is_own_table(line);
}

std::string ending_of(const fs::path& file) { return lower_case(file.extension().string()); }
bool is_pattern_ending(const std::string& ending) { return std::find(endings.begin(), endings.end(), ending) != endings.end(); }
bool is_hdf5_ending(const std::string& ending) { return ending == ".h5" || ending == ".hdf5"; }

// Whether an HDF5 file holds patterns that one measured: those that 'friedel simulate' wrote are named one by one.
bool is_nexus(const fs::path& file) {
    if (is_nexus_pattern(file)) return true;
    try {
        const H5File opened = H5File::open_foreign(file);
        const bool is_simulated = opened.has_attribute("/", "friedel_kind") && opened.kind() == patterns_kind.name;
        return !is_simulated && PatternStack::open(file.string());
    } catch (const Error&) {
        return false;
    }
}

void add_folder(std::vector<std::string>& files, std::map<std::string, std::size_t>& passed_over, const std::string& path) {
    const std::size_t first = files.size();
    std::error_code failure, ignored;
    constexpr auto options = fs::directory_options::skip_permission_denied;
    for (fs::recursive_directory_iterator entry(path, options, failure), end; !failure && entry != end; entry.increment(failure)) {
        if (entry->path().filename().string().starts_with(".")) continue;
        // A folder that may not be looked into is listed, so that reading it tells.
        if (entry->is_directory(ignored) && ::access(entry->path().c_str(), R_OK | X_OK) != 0) files.push_back(entry->path().string());
        // A link to nowhere is listed, so that reading it tells.
        if (!entry->is_regular_file(ignored) && (fs::exists(entry->path(), ignored) || !entry->is_symlink(ignored))) continue;
        const std::string ending = ending_of(entry->path());
        if (ending == ".csv" && (!entry->file_size(ignored) || begins_with_own_table(entry->path()))) continue;
        if (ending != ".csv" && !is_pattern_ending(ending) && !(is_hdf5_ending(ending) && is_nexus(entry->path()))) {
            ++passed_over[ending.empty() ? "no ending" : ending];
            continue;
        }
        files.push_back(entry->path().string());
    }
    if (failure) fail(path, ": cannot be listed (", failure.message(), ")");
    if (files.size() == first) fail(path, ": holds no pattern (", all_endings(), "); name files with other endings one by one");
    std::sort(files.begin() + static_cast<std::ptrdiff_t>(first), files.end());
}

}  // namespace

PatternList PatternList::of_files(std::vector<std::string> files) {
    PatternList list;
    list.files_ = std::move(files);
    for (std::uint32_t file = 0; file < list.files_.size(); ++file) list.entries_.push_back({file, 0});
    return list;
}

PatternList PatternList::of_paths(const std::vector<std::string>& paths) {
    PatternList list;
    for (const std::string& path : paths) {
        const auto first = static_cast<std::uint32_t>(list.files_.size());
        try {
            list.add(path);
        } catch (const Error& error) {
            if (paths.size() == 1) throw;
            list.files_.resize(first);
            list.files_.push_back(path);
            list.entries_.push_back({first, 0});
            list.complaints_[first] = error.what();
        }
    }
    return list;
}

void PatternList::add(const std::string& path) {
    std::error_code ignored;
    const auto first = static_cast<std::uint32_t>(files_.size());
    if (path != "-" && fs::is_directory(path, ignored)) {
        add_folder(files_, passed_over_, path);
        for (std::uint32_t file = first; file < files_.size(); ++file) add_stack(file);
        return;
    }
    const PatternAddress address = pattern_address(path);
    std::unique_ptr<PatternStack> stack = path == "-" ? nullptr : PatternStack::open(address.without_row());
    const std::size_t rows = stack ? stack->size() : 1;
    if (rows > std::numeric_limits<std::uint32_t>::max()) fail(path, ": holds more patterns than 4 294 967 295; split it");
    const bool is_one = stack && address.row && *address.row < rows;
    if (address.row && !is_one) stack = nullptr;  // reading it tells what is wrong
    files_.push_back(is_one || !address.row ? address.without_row() : path);
    const std::size_t begin = is_one ? *address.row : 0, end = is_one ? begin + 1 : stack ? rows : 1;
    for (std::size_t row = begin; row < end; ++row) entries_.push_back({first, static_cast<std::uint32_t>(row)});
    if (!stack) return;
    stacks_.resize(files_.size());
    stacks_.back() = std::move(stack);
}

// The patterns of a file of a folder: several where it is a stack, else one, whose reading tells what is wrong.
void PatternList::add_stack(std::uint32_t file) {
    const std::string ending = ending_of(files_[file]);
    std::unique_ptr<PatternStack> stack;
    try {
        if (is_hdf5_ending(ending) || ending == ".nxs") stack = PatternStack::open(files_[file]);
    } catch (const Error&) {
    }
    const std::size_t rows = stack ? stack->size() : 1;
    if (rows > std::numeric_limits<std::uint32_t>::max()) fail(files_[file], ": holds more patterns than 4 294 967 295; split it");
    for (std::size_t row = 0; row < rows; ++row) entries_.push_back({file, static_cast<std::uint32_t>(row)});
    if (!stack) return;
    stacks_.resize(files_.size());
    stacks_[file] = std::move(stack);
}

std::string PatternList::file(std::size_t i) const { return pattern_address(files_[entries_[i].file]).file; }

std::string PatternList::name(std::size_t i) const {
    const Entry entry = entries_[i];
    const std::string& file = files_[entry.file];
    return utf_8_of_bytes(entry.file < stacks_.size() && stacks_[entry.file] ? PatternStack::row_name(file, entry.row) : file);
}

std::string PatternList::file_state(std::size_t i) const {
    struct stat state {};
    if (files_[entries_[i].file] == "-" || ::stat(file(i).c_str(), &state) != 0) return "";
    std::tm utc{};
    ::gmtime_r(&state.st_mtim.tv_sec, &utc);
    char second[32];
    std::strftime(second, sizeof second, "%Y-%m-%dT%H:%M:%S", &utc);
    return formatted("%lld bytes of %s.%09ldZ", static_cast<long long>(state.st_size), second, state.st_mtim.tv_nsec);
}

std::string PatternList::title(std::size_t i) const {
    const Entry entry = entries_[i];
    return entry.file < stacks_.size() && stacks_[entry.file] ? stacks_[entry.file]->title(entry.row) : "";
}

bool PatternList::reads(const fs::path& file) const {
    std::error_code ignored;
    const fs::path there = fs::canonical(file, ignored);
    return !there.empty() && std::any_of(files_.begin(), files_.end(), [&](const std::string& name) {
        const std::string own = pattern_address(name).file;
        const bool may_be = fs::path(own).filename() == there.filename() || fs::is_symlink(own, ignored);
        return may_be && fs::equivalent(own, there, ignored);
    });
}

MeasuredPattern PatternList::read(std::size_t i) const {
    const Entry entry = entries_[i];
    if (const auto complaint = complaints_.find(entry.file); complaint != complaints_.end()) throw Error(complaint->second);
    if (entry.file < stacks_.size() && stacks_[entry.file]) return stacks_[entry.file]->read(entry.row);
    const std::string& file = files_[entry.file];
    return file == "-" ? read_standard_input() : read_pattern(file);
}

std::string PatternList::passed_over() const {
    constexpr std::size_t most_named = 5;
    std::size_t all = 0;
    std::string endings_met;
    for (const auto& [ending, count] : passed_over_) all += count;
    for (auto met = passed_over_.begin(); met != passed_over_.end() && endings_met.size() < 8 * most_named; ++met)
        append_word(endings_met, met->first);
    if (all == 0) return "";
    return std::to_string(all) + (all == 1 ? " file" : " files") + " of other endings passed over (" + endings_met +
           "); patterns among them are read if named one by one";
}

std::vector<std::size_t> PatternList::numbers_of(const std::unordered_set<std::string>& names) const {
    std::vector<std::size_t> numbers;
    for (std::size_t i = 0; !names.empty() && i < size(); ++i) {
        if (names.contains(name(i))) numbers.push_back(i);
    }
    return numbers;
}

void PatternList::leave_out(const std::vector<std::size_t>& numbers) {
    std::vector<Entry> left;
    auto next = numbers.begin();
    for (std::size_t i = 0; i < size(); ++i) {
        if (next != numbers.end() && *next == i)
            ++next;
        else
            left.push_back(entries_[i]);
    }
    entries_ = std::move(left);
}

std::unordered_set<std::string> PatternList::holders() const {
    std::unordered_set<std::string> all;
    for (const Entry& entry : entries_) {
        const std::string& file = files_[entry.file];
        if (entry.file < stacks_.size() && stacks_[entry.file]) all.insert(utf_8_of_bytes(file));
        for (fs::path folder = fs::path(file).parent_path(); !folder.empty(); folder = folder.parent_path()) {
            const std::string name = utf_8_of_bytes(folder.string());
            if (!all.insert(name).second) break;
            all.insert(name + '/');
        }
    }
    return all;
}

std::string PatternList::fingerprint() const {
    Fnv1a hash;
    for (std::size_t i = 0; i < size(); ++i) {
        const std::string one = name(i) + '\n';
        hash.add(one.data(), one.size());
    }
    return hash.text();
}

}  // namespace friedel
