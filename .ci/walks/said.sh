# What the curl walks share. Each walk has `url`.
passed=0
failed=0

# Whether what a command printed holds a pattern.
said() {
    if grep -Eq -- "$1" <<< "$answer"; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        echo "FAILED  nothing in the answer matches $1: $answer"
    fi
}

# The value of a member that is a text or a number.
member() {
    sed -n "s/.*\"$1\":\"\\{0,1\\}\\([^\",}]*\\).*/\\1/p" <<< "$answer"
}

end() {
    echo "$passed passed, $failed failed"
    [ "$failed" -eq 0 ]
}
