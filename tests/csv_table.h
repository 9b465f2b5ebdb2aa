// Tables that the program writes: rows under their header, fields by the names of their columns.
#pragma once

#include <algorithm>
#include <filesystem>
#include <sstream>
#include <string>
#include <vector>

#include "host/support/csv.h"
#include "host/support/error.h"
#include "tests/test_paths.h"

namespace friedel::test {

class CsvTable {
public:
    explicit CsvTable(const std::filesystem::path& file) : file_(file.string()) {
        std::istringstream text(read_text(file));
        std::string line;
        if (std::getline(text, line)) header_ = split_csv(line);
        while (std::getline(text, line)) rows_.push_back(split_csv(line));
    }

    std::size_t size() const { return rows_.size(); }  // the header is no row
    const std::vector<std::string>& header() const { return header_; }
    const std::vector<std::string>& row(std::size_t i) const {
        if (i >= rows_.size()) fail(file_, " has ", rows_.size(), " rows, and none of number ", i);
        return rows_[i];
    }
    const std::string& at(std::size_t i, const std::string& column) const {
        const auto found = std::find(header_.begin(), header_.end(), column);
        if (found == header_.end()) fail(file_, " has no column ", column);
        const auto place = static_cast<std::size_t>(found - header_.begin());
        if (place >= row(i).size()) fail(file_, ": row ", i, " ends before its column ", column);
        return rows_[i][place];
    }
    double number(std::size_t i, const std::string& column) const {
        const std::string& field = at(i, column);
        if (field.empty()) fail(file_, ": row ", i, " has no number in its column ", column);
        return std::stod(field);
    }

private:
    std::string file_;
    std::vector<std::string> header_;
    std::vector<std::vector<std::string>> rows_;
};

}  // namespace friedel::test
