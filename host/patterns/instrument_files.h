// Measured patterns as instruments write them: PANalytical XRDML, Philips UDF, Rigaku RAS and RASX, GSAS (CONST with STD, ESD or FXYE),
// Bruker RAW 1 to 4, UXD and BRML, STOE RAW 1.06, Jade MDI, Sietronics CPI, powder CIF, NeXus, tables with named columns, and intensities
// below start, step and end. Wavelength and attenuation are taken from the file. Leaves out: plain columns of text (plain_text.h), and
// scans that are not of 2theta, Q or d.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "host/patterns/pattern_file.h"

namespace friedel {

// The pattern that these bytes hold, or nothing if they are of none of these formats. Throws Error naming the file where they begin like
// one and are not whole, hold several scans that do not join, or a scan along another axis.
std::optional<MeasuredPattern> parse_instrument_file(std::string_view bytes, const std::string& name);

// The same for zip archives, which are read from disk; nothing if it is another archive.
std::optional<MeasuredPattern> read_rasx(const std::filesystem::path& file);
std::optional<MeasuredPattern> read_brml(const std::filesystem::path& file);
// An HDF5 file in NeXus layout, read from disk, or what lies below one group of it.
MeasuredPattern read_nexus(const std::filesystem::path& file, const std::string& within = "");

// One reader per format, each given bytes that begin as its format does.
MeasuredPattern parse_xrdml(std::string_view bytes, const std::string& name);
MeasuredPattern parse_ras(std::string_view bytes, const std::string& name);
MeasuredPattern parse_gsas(std::string_view bytes, const std::string& name);
MeasuredPattern parse_bruker_raw(std::string_view bytes, const std::string& name);
MeasuredPattern parse_stoe_raw(std::string_view bytes, const std::string& name);
MeasuredPattern parse_uxd(std::string_view bytes, const std::string& name);
MeasuredPattern parse_sietronics(std::string_view bytes, const std::string& name);

// These look whether the bytes are of their formats, and return nothing if they are not.
std::optional<MeasuredPattern> parse_with_xylib(std::string_view bytes, const std::string& name);
std::optional<MeasuredPattern> parse_jade(std::string_view bytes, const std::string& name);
std::optional<MeasuredPattern> parse_table(std::string_view text, const std::string& name);
std::optional<MeasuredPattern> parse_stepped(std::string_view text, const std::string& name);

// The mean of the lines of one anode as files state them: alpha1 and alpha2 in angstrom, the intensity of the second over the first's (half
// of it where the file does not state it, 0). 0 where alpha1 is none.
double mean_k_alpha(double alpha1, double alpha2, double ratio = 0);

// What a line of a text file begins with that is a comment.
inline bool starts_comment(char c) { return std::string_view("#;!'\"/*%@").find(c) != std::string_view::npos; }

// Ends an error about what no reader takes.
constexpr const char* export_as_text = "; export the scan as text of two columns (.xy)";

// A whole number or decimal number at the beginning of `text`, blanks before it skipped; nothing where there is none. Moves `text` behind
// it.
std::optional<double> take_number(std::string_view& text);

}  // namespace friedel
