#include "host/patterns/pattern_stack.h"

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <list>
#include <mutex>
#include <optional>

#include "host/patterns/instrument_files.h"
#include "host/patterns/pattern_address.h"
#include "host/patterns/pattern_output.h"
#include "host/support/error.h"
#include "host/support/text_encoding.h"

namespace friedel {

namespace {

NexusData data_of_simulated(const H5File& file) {
    NexusData data;
    data.signal = "patterns";
    const Shape shape = file.shape(data.signal);
    if (shape.size() != 2 || shape[1] < static_cast<std::size_t>(min_points))
        fail(file.path().string(), ": 'patterns' is not [patterns][points]; ", patterns_kind.cure);
    const double start = file.read_number_attribute(data.signal, "start_deg"), step = file.read_number_attribute(data.signal, "step_deg");
    if (!(start >= 0 && step > 0 && start + step * static_cast<double>(shape[1]) <= 180))
        fail(file.path().string(), ": the angles of 'patterns' are not within 0 to 180 degrees; ", patterns_kind.cure);
    data.rows = shape[0];
    data.dimension = 1;
    for (std::size_t i = 0; i < shape[1]; ++i) data.axis.push_back(start + step * static_cast<double>(i));
    data.kind = two_theta_in_degrees;
    data.wavelength_angstrom = file.read_number_attribute(data.signal, "wavelength_angstrom");
    data.is_monochromatic =
        file.has_attribute(data.signal, "emission_lines") && file.read_integer_attribute(data.signal, "emission_lines") == 1;
    return data;
}

// None where they cannot be read, or are not one for each row: patterns can do without.
std::vector<std::string> titles_of(const H5File& file, std::size_t rows) {
    try {
        if (!file.exists("name") || file.is_group("name") || file.shape("name") != Shape{rows}) return {};
        return file.read_strings("name");
    } catch (const Error&) {
        return {};
    }
}

// The files of the stacks read last, by their marks: a series may be of thousands, and a process has a thousand open by default.
std::shared_ptr<const H5File> file_of(std::uint64_t mark, const std::filesystem::path& path) {
    constexpr std::size_t most = 64;
    using Files = std::list<std::pair<std::uint64_t, std::shared_ptr<const H5File>>>;
    static std::mutex mutex;
    static Files& files = *new Files;  // the last one first; the library may be gone before what is static
    const std::scoped_lock lock(mutex);
    const auto found = std::find_if(files.begin(), files.end(), [&](const auto& file) { return file.first == mark; });
    if (found != files.end()) {
        files.splice(files.begin(), files, found);
    } else {
        files.emplace_front(mark, std::make_shared<const H5File>(H5File::open_foreign(path)));
        if (files.size() > most) files.pop_back();
    }
    return files.front().second;
}

}  // namespace

std::unique_ptr<PatternStack> PatternStack::open(const std::string& name) {
    const PatternAddress address = pattern_address(name);
    const std::filesystem::path path = address.file;
    if (address.row || !is_hdf5_file(path)) return nullptr;
    std::optional<H5File> opened;
    try {
        opened.emplace(H5File::open_foreign(path));
    } catch (const Error&) {
        return nullptr;  // whoever reads it as a pattern is told why that cannot be
    }
    H5File& file = *opened;
    std::optional<NexusData> data;
    const bool is_simulated = address.group.empty() && file.has_attribute("/", "friedel_kind") && file.kind() == patterns_kind.name;
    data = is_simulated ? data_of_simulated(file) : find_nexus_data(file, address.group);
    if (!data || data->rows == 0) return nullptr;
    // Rows may lie in other files, to which a short one points; but a damaged one may claim anything.
    constexpr std::uintmax_t always_believed = 1'000'000;
    const std::uintmax_t most = std::filesystem::file_size(path) * deflate_ratio / data->axis.size();
    if (data->rows > std::max(most, always_believed))
        fail(path.string(), ": claims ", data->rows, " patterns, more than a file of this size can hold; it is damaged");
    std::vector<std::string> titles = is_simulated ? titles_of(file, data->rows) : std::vector<std::string>();
    return std::unique_ptr<PatternStack>(new PatternStack(name, path, std::move(*data), std::move(titles)));
}

PatternStack::PatternStack(std::string name, std::filesystem::path path, NexusData data, std::vector<std::string> titles)
    : name_(std::move(name)), path_(std::move(path)), data_(std::move(data)), titles_(std::move(titles)) {
    static std::atomic<std::uint64_t> marks = 0;
    mark_ = ++marks;
}

std::string PatternStack::title(std::size_t row) const { return titles_.empty() ? "" : utf_8_of_bytes(titles_[row]); }

MeasuredPattern PatternStack::read_row(const std::string& name, std::size_t row) {
    if (const std::unique_ptr<PatternStack> stack = open(name)) {
        if (row < stack->size()) return stack->read(row);
        fail(name, ": holds ", stack->size(), " patterns, counted from 0; there is no [", row, "]");
    }
    const PatternAddress address = pattern_address(name);
    read_nexus(address.file, address.group);  // says what is wrong with it, unless it is another number
    fail(name, ": holds one pattern; name it without [", row, "]");
}

std::string PatternStack::row_name(const std::string& file, std::size_t row) { return file + "[" + std::to_string(row) + "]"; }

MeasuredPattern PatternStack::read(std::size_t row) const {
    std::vector<double> intensity(data_.axis.size());
    file_of(mark_, path_)->read_line(intensity.data(), data_.signal, data_.dimension, row);
    return pattern_of_row(data_, row_name(name_, row), std::move(intensity));
}

}  // namespace friedel
