// The style sheet and the script of report.html; both stand in the file itself.
#pragma once

namespace friedel {

extern const char* const report_style;
extern const char* const report_script;  // zooms svg.zoom; free of < and &, so that the page is well-formed XML as well

}  // namespace friedel
