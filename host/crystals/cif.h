// Crystal structures from CIF text, as the file states them: its cell, its atoms, its own symmetry operations.
// Leaves out: finding the symmetry from the atoms (symmetry.h), archives and folders (archive.h).
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "host/crystals/structure.h"

namespace friedel {

struct CifOptions {
    int max_sites = 10000;  // atom sites listed in one block
};

struct CifContent {
    std::vector<Structure> structures;  // in the order of the file
    std::vector<Rejection> rejections;
};

// Never throws for what the text holds: every block gives a structure or a rejection, and a file without any block a rejection.
// Blocks that mean to hold no structure (no cell and no atoms) are passed over if another block holds one.
CifContent parse_cif(std::string_view text, const std::string& name, const CifOptions& options = {});

// The structures of one file on disk. Throws Error if the file cannot be read or any block is rejected.
std::vector<Structure> read_cif(const std::filesystem::path& file, const CifOptions& options = {});

}  // namespace friedel
