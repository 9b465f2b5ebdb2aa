#include "host/crystals/ingest_wire.h"

#include <concepts>
#include <cstring>
#include <type_traits>

namespace friedel {

namespace {

template <class Given, class Wanted>
concept Is = std::same_as<std::remove_const_t<Given>, Wanted>;

// Hands every member that travels to `field`, in the order in which they do.
void for_each_field(Is<Skip> auto& skip, auto& field) {
    field(skip.ordinal);
    field(skip.reason);
}
void for_each_field(Is<JobFile> auto& file, auto& field) {
    field(file.input.name);
    field(file.input.text);
    field(file.input.error);
    field(file.skips);
}
void for_each_field(Is<Atom> auto& atom, auto& field) {
    field(atom.element);
    field(atom.position);
    field(atom.occupancy);
    field(atom.b_iso);
}
void for_each_field(Is<StandardStructure> auto& standard, auto& field) {
    field(standard.structure.name);
    field(standard.structure.formula);
    field(standard.structure_type);
    field(standard.structure.cell);
    field(standard.structure.space_group);
    field(standard.structure.claimed_space_group);
    field(standard.structure.origin_assumed);
    field(standard.structure.symmetry_unstated);
    field(standard.structure.symmetry_contradiction);
    field(standard.structure.atoms);
}
void for_each_field(Is<Rejection> auto& rejection, auto& field) {
    field(rejection.file);
    field(rejection.block);
    field(rejection.reason);
}
void for_each_field(Is<JobResult> auto& result, auto& field) {
    field(result.structures);
    field(result.rejections);
}

// Values one after another, texts and lists with their length.
class Writer {
public:
    void operator()(const std::string& text) {
        (*this)(text.size());
        bytes += text;
    }
    template <class T>
    void operator()(const std::vector<T>& values) {
        (*this)(values.size());
        for (const T& value : values) (*this)(value);
    }
    template <class T>
    void operator()(const T& value) {
        if constexpr (std::is_trivially_copyable_v<T>)
            bytes.append(reinterpret_cast<const char*>(&value), sizeof value);
        else
            for_each_field(value, *this);
    }
    std::string bytes;
};

class Reader {
public:
    explicit Reader(const std::string& bytes) : at_(bytes.data()) {}
    void operator()(std::string& text) {
        const std::size_t length = size();
        text.assign(at_, length);
        at_ += length;
    }
    template <class T>
    void operator()(std::vector<T>& values) {
        values.resize(size());
        for (T& value : values) (*this)(value);
    }
    template <class T>
    void operator()(T& value) {
        if constexpr (std::is_trivially_copyable_v<T>) {
            std::memcpy(&value, at_, sizeof value);
            at_ += sizeof value;
        } else {
            for_each_field(value, *this);
        }
    }

private:
    std::size_t size() {
        std::size_t size;
        (*this)(size);
        return size;
    }

    const char* at_;
};

template <class T>
std::string written(const T& value) {
    Writer writer;
    writer(value);
    return std::move(writer.bytes);
}

template <class T>
T read(const std::string& bytes) {
    T value;
    Reader reader(bytes);
    reader(value);
    return value;
}

}  // namespace

std::string packed(const std::vector<JobFile>& job) { return written(job); }
std::vector<JobFile> unpacked_job(const std::string& bytes) { return read<std::vector<JobFile>>(bytes); }

std::string packed(const JobResult& result) { return written(result); }
JobResult unpacked_result(const std::string& bytes) {
    JobResult result = read<JobResult>(bytes);
    for (StandardStructure& standard : result.structures)
        standard.structure.operations = standard_operations(standard.structure.space_group);
    return result;
}

}  // namespace friedel
