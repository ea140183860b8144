//! What the containers write: lines that are a function of their number, the same in awk and here.

/// What sort of lines.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Numbered, most below 200 bytes, some of 0, of 16 KiB and a byte more or less, of 1 MiB, some
    /// multi-byte across the daemon's pieces; a third on stderr.
    Mixed,
    /// 400 bytes each, numbered, on stdout.
    Plain,
    /// All the same, on both streams.
    Equal,
}

pub(crate) struct Expected {
    pub(crate) stdout: Vec<Vec<u8>>,
    pub(crate) stderr: Vec<Vec<u8>>,
}

const AWK: &str = r#"
function fill(n, with,   s) {
    s = with
    while (length(s) < n) s = s s
    return substr(s, 1, n)
}
BEGIN {
    x = fill(1048576, "x"); e = "é"
    for (i = 0; i < 4; i++) e = e e e e e e e e e e
    for (i = 0; i < lines; i++) {
        if (kind == "equal") line = "the same again"
        else if (kind == "plain") line = i " " substr(x, 1, 400 - length(i) - 2)
        else if (i % 20 == 7) line = ""
        else if (i % 1000 == 500) line = i " " substr(x, 1, 16383 + int(i / 1000) % 3 - length(i) - 1)
        else if (i % 20000 == 19999) line = i " " substr(x, 1, 1048576 - length(i) - 1)
        else if (i % 2000 == 1250) line = i " " substr("abc", 1, int(i / 2000) % 3) e
        else line = i " " substr(x, 1, (i * 7919) % 180)
        if (kind != "plain" && i % 3 == 0) print line > "/dev/stderr"
        else print line
        if (pace > 0 && i % chunk == chunk - 1) {
            fflush(); fflush("/dev/stderr")
            system("usleep 20000")
        }
    }
}
"#;

/// Returns a shell script that writes the lines, about `pace` of them per second; 0: as fast as it can.
pub(crate) fn script(kind: Kind, lines: u64, pace: u64) -> String {
    let word = match kind {
        Kind::Mixed => "mixed",
        Kind::Plain => "plain",
        Kind::Equal => "equal",
    };
    let chunk = (pace / 50).max(1);
    let awk = AWK.replace('\'', "");
    format!("exec awk -v lines={lines} -v kind={word} -v pace={pace} -v chunk={chunk} '{awk}'\n")
}

pub(crate) fn expected(kind: Kind, lines: u64) -> Expected {
    let mut all = Expected {
        stdout: vec![],
        stderr: vec![],
    };
    for i in 0..lines {
        let stderr = kind != Kind::Plain && i % 3 == 0;
        let line = line(kind, i).into_bytes();
        if stderr {
            &mut all.stderr
        } else {
            &mut all.stdout
        }
        .push(line);
    }
    all
}

fn line(kind: Kind, i: u64) -> String {
    let digits = i.to_string().len() as u64;
    let x = |count: u64| format!("{i} {}", "x".repeat(usize::try_from(count).unwrap()));
    match kind {
        Kind::Equal => "the same again".to_owned(),
        Kind::Plain => x(400 - digits - 2),
        Kind::Mixed if i % 20 == 7 => String::new(),
        Kind::Mixed if i % 1000 == 500 => x(16_383 + (i / 1000) % 3 - digits - 1),
        Kind::Mixed if i % 20_000 == 19_999 => x(1_048_576 - digits - 1),
        Kind::Mixed if i % 2000 == 1250 => {
            let shift = usize::try_from((i / 2000) % 3).unwrap();
            format!("{i} {}{}", &"abc"[..shift], "é".repeat(10_000))
        }
        Kind::Mixed => x((i * 7919) % 180),
    }
}
