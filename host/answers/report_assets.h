// What pages of figures share: the style sheet and the script, which stand in the page itself, its beginning and its end.
#pragma once

#include <string>

namespace friedel {

extern const char* const report_style;
extern const char* const report_script;  // zooms svg.zoom; free of < and &, so that the page is well-formed XML as well

// Up to and into <main>; `title` is text.
std::string page_head(const std::string& title);
std::string page_foot();

// heading, caption and drawing are markup.
std::string figure(const std::string& heading, const std::string& drawing, const std::string& caption);

}  // namespace friedel
