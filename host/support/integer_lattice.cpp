#include "host/support/integer_lattice.h"

#include <cstdlib>

namespace friedel {

DiagonalForm::DiagonalForm(const Matrix3<int>& m) : diagonal(m) {
    while (rank < 3 && bring_smallest_to(rank))
        if (clear_beside(rank)) ++rank;
}

void DiagonalForm::add_row(int to, int from, int factor) {
    for (int c = 0; c < 3; ++c) {
        diagonal[3 * to + c] += factor * diagonal[3 * from + c];
        left[3 * to + c] += factor * left[3 * from + c];
    }
}

void DiagonalForm::add_column(int to, int from, int factor) {
    for (int r = 0; r < 3; ++r) {
        diagonal[3 * r + to] += factor * diagonal[3 * r + from];
        right[3 * r + to] += factor * right[3 * r + from];
    }
}

// The smallest entry that is not zero, of the rows and columns from k on, becomes that of row and column k. False if all are zero.
bool DiagonalForm::bring_smallest_to(int k) {
    int row = -1, column = -1, smallest = 0;
    for (int r = k; r < 3; ++r) {
        for (int c = k; c < 3; ++c) {
            const int size = std::abs(diagonal[3 * r + c]);
            if (size && (!smallest || size < smallest)) row = r, column = c, smallest = size;
        }
    }
    if (!smallest) return false;
    if (row != k) {
        add_row(k, row, 1);
        add_row(row, k, -1);
        add_row(k, row, 1);
    }
    if (column != k) {
        add_column(k, column, 1);
        add_column(column, k, -1);
        add_column(k, column, 1);
    }
    return true;
}

// All others of its row and column are reduced by entry k. Whether none is left.
bool DiagonalForm::clear_beside(int k) {
    bool clean = true;
    for (int i = k + 1; i < 3; ++i) {
        add_row(i, k, -diagonal[3 * i + k] / diagonal[3 * k + k]);
        add_column(i, k, -diagonal[3 * k + i] / diagonal[3 * k + k]);
        clean = clean && !diagonal[3 * i + k] && !diagonal[3 * k + i];
    }
    return clean;
}

}  // namespace friedel
