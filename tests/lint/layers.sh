#!/bin/sh
# Who may include whom (the picture in daemon/main.c), and which file alone may know which
# outside library. One line a finding: file:line: sentence.
cd "$(dirname "$0")/../.." || exit 1
awk '
BEGIN {
	# folder: the folders it may include
	may["base"]   = " base "
	may["cal"]    = " base cal "
	may["plan"]   = " base cal plan "
	may["setup"]  = " base cal plan setup "
	may["store"]  = " base cal plan store "
	may["report"] = " base cal plan report "
	may["io"]     = " base cal plan io "
	may["work"]   = " base cal plan setup store report io work "
	may["serve"]  = " base cal plan setup store report io work serve "

	# header (how it begins): the files (how they begin) that alone may include it
	only["libical/"]  = "daemon/cal/ics_parse.c"
	only["sqlite3.h"] = "daemon/store/ include/store/"
	only["curl/"]     = "daemon/io/fetch include/io/fetch_multi.h daemon/io/mail.c"
	only["llhttp.h"]  = "daemon/io/http"
	only["ini.h"]     = "daemon/setup/ini.c"
	only["uv.h"]      = "daemon/io/ include/io/ daemon/work/ include/work/ daemon/main.c"
	only["pcre2.h"]   = "daemon/cal/busy.c"
	only["sodium.h"]  = "daemon/base/hash.c daemon/store/tokens.c"
	only["zlib.h"]    = "daemon/base/gzip.c"
	only["qrencode.h"] = "daemon/serve/qr.c"
	only["seccomp.h"] = "daemon/io/cage"
}
!/^#include [<"]/ { next }
{
	header = $2
	own = header ~ /^"/
	gsub(/[<>"]/, "", header)
	n = split(FILENAME, part, "/")
	folder = n > 2 ? part[2] : ""
	target = header
	sub("/.*", "", target)
	if (own && folder != "" && target in may && index(may[folder], " " target " ") == 0)
		found(folder "/ may not include " target "/")
	for (library in only) {
		if (index(header, library) != 1)
			continue
		fine = 0
		m = split(only[library], file, " ")
		for (i = 1; i <= m; i++)
			if (index(FILENAME, file[i]) == 1)
				fine = 1
		if (!fine)
			found(library " is known only to " only[library])
	}
}
function found(sentence) {
	print FILENAME ":" FNR ": " sentence
	bad = 1
}
END { exit bad }' $(find daemon include -name '*.[ch]' | LC_ALL=C sort)
