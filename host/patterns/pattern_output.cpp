#include "host/patterns/pattern_output.h"

#include <cstdio>

#include "host/support/error.h"
#include "host/support/radiation.h"
#include "host/support/text_file.h"

namespace friedel {

namespace fs = std::filesystem;

const FileKind patterns_kind{"patterns", 1, "simulate it again with 'friedel simulate'"};

PatternOutput::PatternOutput(fs::path file, const Grid& grid, const Radiation& radiation, std::size_t patterns, const std::string& made_by)
    : file_(std::move(file)),
      grid_(grid),
      wavelength_angstrom_(mean_wavelength(radiation)),
      emission_lines_(radiation.lines),
      patterns_(patterns) {
    const std::string extension = file_.extension().string();
    if (extension == ".xy" || extension == ".csv") return;
    if (extension != ".h5") fail(file_.string(), ": patterns are written as .h5, .xy or .csv; give one of these endings");
    h5_ = std::make_unique<H5File>(H5File::create(file_, patterns_kind));
    h5_->create_dataset<float>("patterns", {patterns, static_cast<std::size_t>(grid.points)}, false);  // noise does not deflate
    h5_->write_strings("made_by", {made_by});
    h5_->write_attribute("patterns", "start_deg", static_cast<double>(grid.start_deg));
    h5_->write_attribute("patterns", "step_deg", static_cast<double>(grid.step_deg));
    h5_->write_attribute("patterns", "wavelength_angstrom", static_cast<double>(wavelength_angstrom_));
    h5_->write_attribute("patterns", "emission_lines", emission_lines_);
}

void PatternOutput::add(const float* pattern, const std::string& name, int space_group) {
    if (h5_) {
        h5_->write_rows("patterns", written_, 1, pattern);
        names_.push_back(name);
        space_groups_.push_back(static_cast<std::uint16_t>(space_group));
    } else {
        fs::path file = file_;
        if (patterns_ > 1) {
            char number[16];
            std::snprintf(number, sizeof number, "_%04zu", written_ + 1);
            file.replace_filename(file_.stem().string() + number + file_.extension().string());
        }
        write_text(file, pattern);
        files_.push_back(file);
    }
    ++written_;
}

void PatternOutput::write_text(const fs::path& file, const float* pattern) const {
    const bool csv = file.extension() == ".csv";
    const std::string beginning = csv ? "two_theta_deg,intensity\n" : "# two_theta_deg intensity; wavelength ";
    check_replaceable(file, beginning);
    char line[96];
    std::snprintf(line, sizeof line, "%g angstrom%s\n", static_cast<double>(wavelength_angstrom_),
                  emission_lines_ == 1 ? ", one line" : "");
    std::string text = beginning + (csv ? "" : line);
    for (int i = 0; i < grid_.points; ++i) {
        std::snprintf(line, sizeof line, csv ? "%.4f,%.6g\n" : "%.4f %.6g\n",
                      static_cast<double>(grid_.start_deg) + i * static_cast<double>(grid_.step_deg), static_cast<double>(pattern[i]));
        text += line;
    }
    write_text_file(file, text);
}

std::vector<fs::path> PatternOutput::finish() {
    if (!h5_) return files_;
    h5_->write_strings("name", names_);
    h5_->write("space_group", space_groups_);
    h5_->commit();
    return {file_};
}

}  // namespace friedel
