# The keys of config.toml, with the comments above each, as the body of av1d.toml(5): one list
# serves the file that owners edit and the page that explains it.

function roff(text) {
    gsub(/\\/, "\\e", text)
    gsub(/"/, "\\(dq", text)
    gsub(/-/, "\\-", text)
    sub(/^[.']/, "\\\\\\&&", text)
    return text
}

# `code` in a comment becomes bold.
function marked(text, parts, n, i, out) {
    n = split(text, parts, "`")
    out = ""
    for (i = 1; i <= n; i++) {
        out = out (i % 2 == 0 ? "\\fB" roff(parts[i]) "\\fP" : roff(parts[i]))
    }
    return out
}

function flush_comment(   i, listed) {
    listed = 0
    for (i = 1; i <= lines; i++) {
        # A list stands as it is written.
        if (comment[i] ~ /^  / && !listed) { print ".RS"; print ".nf"; listed = 1 }
        if (comment[i] !~ /^  / && listed) { print ".fi"; print ".RE"; listed = 0 }
        sub(/^  /, "", comment[i])
        if (comment[i] == "") print ".IP"
        else print marked(comment[i])
    }
    if (listed) { print ".fi"; print ".RE" }
    lines = 0
}

/^# ---- / {
    title = $0
    sub(/^# ---- /, "", title)
    sub(/ *-*$/, "", title)
    print ".SS " roff(title)
    started = 1
    lines = 0
    next
}
!started { next }
/^#/ {
    text = $0
    sub(/^# ?/, "", text)
    comment[++lines] = text
    next
}
/^[a-z_]+ = / {
    entry = $0
    while (entry ~ /\[$/ || (entry ~ /= \[/ && entry !~ /\]$/)) {
        if ((getline more) <= 0) break
        sub(/^ +/, " ", more)
        entry = entry more
    }
    sub(/\[ /, "[", entry)
    sub(/,\]$/, "]", entry)
    key = entry
    sub(/ = .*/, "", key)
    sub(/^[a-z_]+ = /, "", entry)
    # Keys that share a comment stand above it together.
    print (pending ? ".TQ" : ".TP")
    print ".BR " key " \" = " roff(entry) "\""
    pending = 1
    next
}
/^ *$/ {
    if (pending) { flush_comment(); pending = 0 }
    next
}
END { if (pending) flush_comment() }
