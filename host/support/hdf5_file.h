// HDF5 files, the only module that knows the library: typed datasets and attributes, every call checked.
// Files may be used by several threads, each file by one at a time or by any number that read; whatever the library's build, one thread at
// a time is inside it. A new file is written under a temporary name beside its own and renamed by commit(), so that an interrupted run
// leaves no half file. Every file Friedel writes carries the root attributes friedel_kind ("structure_library", "model", ...) and
// friedel_format (a number).
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

namespace friedel {

// What a file is, and the format of that kind that this program writes and reads.
struct FileKind {
    std::string name;  // friedel_kind
    int format;        // friedel_format
    std::string cure;  // what to do about a file of another format: "make it again with 'friedel ingest'"
};

using Shape = std::vector<std::size_t>;

constexpr std::size_t deflate_ratio = 1032;  // the most that deflate shrinks anything: what a small file can hold

// False for what is not there, and for pipes, which reading would empty.
bool is_hdf5_file(const std::filesystem::path& file);

// All members throw Error, naming the file. Paths name objects as HDF5 does: "cell", "layers/0/weight"; groups on the way are made.
// T is float, double, or an integer of 8 to 64 bits.
class H5File {
public:
    // Starts a new file of this kind. Nothing stands under `file` until commit().
    static H5File create(const std::filesystem::path& file, const FileKind& kind);
    // The same in memory, nothing on the disk: image() gives the bytes that the file would have. `name` stands for the file in errors.
    static H5File create_image(const std::string& name, const FileKind& kind);
    // Opens for reading; the file must be of this kind and format.
    static H5File open(const std::filesystem::path& file, const FileKind& kind);
    // The same for the bytes of a file that lie in memory; `name` stands for the file in errors.
    static H5File open_image(const std::string& name, const void* bytes, std::size_t size, const FileKind& kind);
    // Opens any HDF5 file, whoever wrote it, for reading.
    static H5File open_foreign(const std::filesystem::path& file);
    // Opens any file that Friedel wrote, for reading.
    static H5File open_any(const std::filesystem::path& file);

    H5File(H5File&&) noexcept;
    H5File& operator=(H5File&&) noexcept;
    ~H5File();  // closes; a new file that was not committed is removed

    // Flushes, closes and renames the temporary file over the final name. The object cannot be used afterwards.
    void commit();

    // The bytes of a file that was made in memory.
    std::vector<unsigned char> image() const;

    const std::filesystem::path& path() const;
    std::string kind() const;
    int format() const;
    bool exists(const std::string& name) const;
    bool is_group(const std::string& name) const;
    std::vector<std::string> children(const std::string& group = "/") const;  // names, in alphabetical order

    // Datasets. Chunked, shuffled and deflated if `compress` and large enough to gain by it.
    template <class T>
    void write(const std::string& name, const T* values, const Shape& shape, bool compress = true);
    template <class T>
    void write(const std::string& name, const std::vector<T>& values, bool compress = true) {
        write(name, values.data(), {values.size()}, compress);
    }
    // Floats stored with half precision (IEEE 754 binary16, 11 bits, up to 65 504); read() gives them as floats again.
    void write_half(const std::string& name, const float* values, const Shape& shape, bool compress = true);
    template <class T>
    std::vector<T> read(const std::string& name) const;  // all values, whatever the shape
    Shape shape(const std::string& name) const;
    bool is_half(const std::string& name) const;  // floats of half precision

    // Datasets too large to hold: made first, then written or read by rows of the first dimension.
    template <class T>
    void create_dataset(const std::string& name, const Shape& shape, bool compress = true);
    template <class T>
    void write_rows(const std::string& name, std::size_t first_row, std::size_t rows, const T* values);
    template <class T>
    void read_rows(T* values, const std::string& name, std::size_t first_row, std::size_t rows) const;
    // One line of values along a dimension; lines are counted through the others, the last one fastest.
    template <class T>
    void read_line(T* values, const std::string& name, std::size_t dimension, std::size_t line) const;

    // Fixed-length UTF-8 strings, padded with zeros: these compress, variable-length ones do not.
    void write_strings(const std::string& name, const std::vector<std::string>& values);
    std::vector<std::string> read_strings(const std::string& name) const;
    std::string read_text(const std::string& name) const;  // the only one of its dataset, of any length

    // Attributes of a dataset, a group or the root ("/").
    void write_attribute(const std::string& object, const std::string& name, const std::string& value);
    void write_attribute(const std::string& object, const std::string& name, double value);
    void write_attribute(const std::string& object, const std::string& name, std::int64_t value);
    void write_attribute(const std::string& object, const std::string& name, int value) {
        write_attribute(object, name, std::int64_t{value});
    }
    bool has_attribute(const std::string& object, const std::string& name) const;
    std::string read_text_attribute(const std::string& object, const std::string& name) const;
    std::vector<std::string> read_text_attributes(const std::string& object, const std::string& name) const;  // of one or more texts
    double read_number_attribute(const std::string& object, const std::string& name) const;                   // finite
    int read_integer_attribute(const std::string& object, const std::string& name) const;

private:
    struct State;
    explicit H5File(std::unique_ptr<State> state);
    void check_kind(const FileKind& kind) const;
    void write_kind(const FileKind& kind) const;
    std::unique_ptr<State> state_;
};

}  // namespace friedel
