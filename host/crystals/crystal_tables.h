// The tables of kernels/crystal_generator.h in memory: symmetry derived from the operations, frequencies smoothed from counts.
#pragma once

#include <vector>

#include "host/crystals/crystal_statistics.h"
#include "kernels/crystal_tables.h"

namespace friedel {

class CrystalTableStore {
public:
    explicit CrystalTableStore(const CrystalStatistics& statistics);
    CrystalTableStore(const CrystalTableStore&) = delete;
    CrystalTableStore& operator=(const CrystalTableStore&) = delete;

    const CrystalTables& view() const { return view_; }

    // How often each group is wanted: in proportion to (structures + 1/2)^tempering, so that none is left out. [space_groups], sum 1
    std::vector<double> group_share(double tempering) const;

    // Every array with its size, for copying to a device: visit(array, member of CrystalTables that points to it).
    template <class Visit>
    void for_each_array(Visit&& visit) const {
        visit(representative_offset_, &CrystalTables::representative_offset);
        visit(representatives_, &CrystalTables::representatives);
        visit(centring_offset_, &CrystalTables::centring_offset);
        visit(centrings_, &CrystalTables::centrings);
        visit(cones_, &CrystalTables::cones);
        visit(site_offset_, &CrystalTables::site_offset);
        visit(sites_, &CrystalTables::sites);
        visit(rotation_offset_, &CrystalTables::rotation_offset);
        visit(rotations_, &CrystalTables::rotations);
        visit(lattice_, &CrystalTables::lattice);
        visit(site_count_, &CrystalTables::site_count);
        visit(element_count_, &CrystalTables::element_count);
        visit(element_, &CrystalTables::element);
        visit(letter_, &CrystalTables::letter);
        visit(packing_, &CrystalTables::packing);
        visit(shape_offset_, &CrystalTables::shape_offset);
        visit(shape_, &CrystalTables::shape);
        visit(bandwidth_, &CrystalTables::bandwidth);
        visit(occupancy_, &CrystalTables::occupancy);
        visit(b_iso_, &CrystalTables::b_iso);
        visit(atomic_volume_, &CrystalTables::atomic_volume);
        visit(radius_, &CrystalTables::radius);
    }

private:
    void add_symmetry(int space_group);
    void smooth(const CrystalStatistics& statistics);
    void smooth_site_counts(const CrystalStatistics& statistics);
    void smooth_elements(const CrystalStatistics& statistics);
    void smooth_letters(const CrystalStatistics& statistics);
    void find_bandwidths();

    CrystalTables view_{};
    std::vector<std::uint32_t> representative_offset_ = {0}, centring_offset_ = {0}, shape_offset_, group_count_;
    std::vector<SymmetryOperation> representatives_;
    std::vector<std::int8_t> centrings_, rotations_;
    std::vector<LaueCone> cones_;
    std::vector<std::uint16_t> site_offset_ = {0}, rotation_offset_ = {0};
    std::vector<WyckoffSite> sites_;
    std::vector<std::uint8_t> lattice_;
    std::vector<float> site_count_, element_count_, element_, letter_, packing_, shape_, bandwidth_, occupancy_, b_iso_, atomic_volume_,
        radius_;
};

}  // namespace friedel
