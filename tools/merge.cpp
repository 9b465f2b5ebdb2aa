// friedel merge: several structure libraries as one.
#include <cstdio>
#include <memory>

#include "host/duplicates.h"
#include "host/error.h"
#include "host/structure_library.h"
#include "tools/command.h"

namespace friedel::tools {

namespace {

struct Settings {
    std::vector<std::string> libraries;
    std::string output;
    bool keep_duplicates = false;
};

int run(const Settings& settings) {
    StructureLibrary all;
    std::string sources;
    for (const std::string& file : settings.libraries) {
        const StructureLibrary library = StructureLibrary::read(file);
        for (int i = 0; i < library.size(); ++i) all.add(library.structure(i), library.type_of(i));
        all.rejections.insert(all.rejections.end(), library.rejections.begin(), library.rejections.end());
        sources += (sources.empty() ? "" : ", ") + file;
        std::printf("%8d structures <- %s\n", library.size(), file.c_str());
    }
    if (!settings.keep_duplicates) {
        const int dropped = drop_duplicates(all);
        std::printf("%8d repeat another and are left out\n", dropped);
    }
    all.write(settings.output, {{"merged", sources}});
    std::printf("%8d structures -> %s\n", all.size(), settings.output.c_str());
    return 0;
}

}  // namespace

std::function<int()> merge_command(CLI::App& app) {
    const auto settings = std::make_shared<Settings>();
    app.add_option("LIBRARIES", settings->libraries,
                   "Structure libraries written by 'friedel ingest'; of structures that repeat the first stays")
        ->required();
    app.add_option("-o,--output", settings->output, "Library to write")->required();
    app.add_flag("--keep-duplicates", settings->keep_duplicates, "Leave structures in that repeat another");
    app.footer("Example:\n  friedel merge minerals.h5 relaxed.h5 -o all.h5");
    return [settings] { return run(*settings); };
}

}  // namespace friedel::tools
