// Attributes of HDF5 files: texts and numbers that stand at an object.
#include <cmath>
#include <cstring>
#include <limits>

#include "host/support/hdf5_state.h"

namespace friedel {

using namespace hdf5;

namespace {
constexpr hssize_t max_texts = 64;  // of one attribute
}

void H5File::write_attribute(const std::string& object, const std::string& name, const std::string& value) {
    const LibraryLock lock;
    state_->write_attribute(object, name, text_type(value.size()), value.c_str());
}
void H5File::write_attribute(const std::string& object, const std::string& name, double value) {
    const LibraryLock lock;
    state_->write_attribute(object, name, H5T_NATIVE_DOUBLE, &value);
}
void H5File::write_attribute(const std::string& object, const std::string& name, std::int64_t value) {
    const LibraryLock lock;
    state_->write_attribute(object, name, H5T_NATIVE_INT64, &value);
}

bool H5File::has_attribute(const std::string& object, const std::string& name) const {
    const LibraryLock lock;
    return H5Aexists_by_name(state_->file, object.c_str(), name.c_str(), H5P_DEFAULT) > 0;
}

std::string H5File::read_text_attribute(const std::string& object, const std::string& name) const {
    const LibraryLock lock;
    const auto attribute = state_->open_attribute(object, name);
    const Handle stored(state_->check(H5Aget_type(attribute), "read attribute '" + name + "'"), H5Tclose);
    if (H5Tget_class(stored) != H5T_STRING) fail(path().string(), ": attribute '", name, "' is not text");
    if (H5Tis_variable_str(stored) > 0) {  // as other programs write them
        char* text = nullptr;
        state_->check(H5Aread(attribute, stored, &text), "read attribute '" + name + "'");
        std::string value = text ? text : "";
        H5free_memory(text);
        return value;
    }
    if (H5Tget_size(stored) > longest_text) fail(path().string(), ": attribute '", name, "' is too long; the file is damaged");
    std::string value(H5Tget_size(stored), '\0');
    state_->check(H5Aread(attribute, text_type(value.size()), value.data()), "read attribute '" + name + "'");
    value.resize(strnlen(value.data(), value.size()));
    return value;
}

std::vector<std::string> H5File::read_text_attributes(const std::string& object, const std::string& name) const {
    const LibraryLock lock;
    const std::string what = "read attribute '" + name + "'";
    const auto attribute = state_->find_attribute(object, name);
    const Handle stored(state_->check(H5Aget_type(attribute), what), H5Tclose);
    const hssize_t values = state_->values_of_attribute(attribute, name);
    if (H5Tget_class(stored) != H5T_STRING) fail(path().string(), ": attribute '", name, "' is not text");
    if (values < 0 || values > max_texts) fail(path().string(), ": attribute '", name, "' has too many values; the file is damaged");
    std::vector<std::string> texts(static_cast<std::size_t>(values));
    if (H5Tis_variable_str(stored) > 0) {
        std::vector<char*> found(texts.size());
        state_->check(H5Aread(attribute, stored, found.data()), what);
        for (std::size_t i = 0; i < texts.size(); ++i) {
            texts[i] = found[i] ? found[i] : "";
            H5free_memory(found[i]);
        }
    } else {
        const std::size_t length = H5Tget_size(stored);
        if (length > longest_text / max_texts) fail(path().string(), ": attribute '", name, "' is too long; the file is damaged");
        std::string padded(length * texts.size(), '\0');
        state_->check(H5Aread(attribute, text_type(length), padded.data()), what);
        for (std::size_t i = 0; i < texts.size(); ++i)
            texts[i].assign(padded.data() + i * length, strnlen(padded.data() + i * length, length));
    }
    return texts;
}

double H5File::read_number_attribute(const std::string& object, const std::string& name) const {
    const LibraryLock lock;
    const auto attribute = state_->open_attribute(object, name);
    double value = 0;
    state_->check(H5Aread(attribute, H5T_NATIVE_DOUBLE, &value), "read attribute '" + name + "'");
    if (!std::isfinite(value)) fail(path().string(), ": attribute '", name, "' is not a finite number; the file is damaged");
    return value;
}

int H5File::read_integer_attribute(const std::string& object, const std::string& name) const {
    const double value = read_number_attribute(object, name);
    if (std::abs(value) > std::numeric_limits<int>::max() || value != std::floor(value)) {
        fail(path().string(), ": attribute '", name, "' is not a whole number of reasonable size; the file is damaged");
    }
    return static_cast<int>(value);
}

}  // namespace friedel
