package process

import (
	"bufio"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strconv"
	"strings"

	v1 "github.com/google/go-containerregistry/pkg/v1"
)

// maxLinks is how many symbolic links one path may lead through, as in the Linux kernel.
const maxLinks = 40

// idBits is the size of user and group ids.
const idBits = 32

// Root is an unpacked image.
type Root struct {
	// Path is the directory of the unpacked files.
	Path string
	// Digest of the image's manifest, such as "sha256:0123...".
	Digest string
	// Config is the image's: environment, entry point, command, user, working directory.
	Config v1.Config

	leave func() // takes what is mounted away; nil for the root that all containers of an image share
}

// identity is who a process runs as.
type identity struct {
	uid, gid uint32
	home     string
}

// outside translates a path inside the root to one of this machine.
func (r *Root) outside(inside string) string {
	return filepath.Join(r.Path, filepath.FromSlash(inside))
}

// program finds an executable as a shell inside the root would and returns its path there.
func (r *Root) program(name, workdir, searchPath string) (string, error) {
	if strings.Contains(name, "/") {
		found, err := r.executable(absolute(name, workdir))
		if err != nil {
			return "", fmt.Errorf("exec: %q: %w", name, err)
		}
		return found, nil
	}
	for dir := range strings.SplitSeq(searchPath, ":") {
		if found, err := r.executable(absolute(name, absolute(dir, workdir))); err == nil {
			return found, nil
		}
	}
	return "", fmt.Errorf("exec: %q: executable file not found in $PATH", name)
}

func absolute(name, dir string) string {
	if path.IsAbs(name) {
		return path.Clean(name)
	}
	return path.Join(dir, name)
}

func (r *Root) executable(inside string) (string, error) {
	resolved, err := r.resolve(inside)
	if err != nil {
		return "", err
	}
	info, err := os.Lstat(r.outside(resolved))
	if err != nil {
		return "", fmt.Errorf("stat %s: no such file or directory", inside)
	}
	const anyExecute = 0o111
	if !info.Mode().IsRegular() || info.Mode().Perm()&anyExecute == 0 {
		return "", fs.ErrPermission
	}
	return resolved, nil
}

// resolve follows symbolic links as they are seen from inside the root, so that none leads out of it. What
// does not exist stays as it is written.
func (r *Root) resolve(inside string) (string, error) {
	done, rest := "/", strings.Split(strings.Trim(path.Clean("/"+inside), "/"), "/")
	for links := 0; len(rest) > 0; {
		next := path.Join(done, rest[0])
		rest = rest[1:]
		target, err := os.Readlink(r.outside(next))
		if err != nil { // no link, or nothing at all
			done = next
			continue
		}
		if links++; links > maxLinks {
			return "", errors.New("too many levels of symbolic links")
		}
		target = absolute(target, done)
		done, rest = "/", append(strings.Split(strings.Trim(target, "/"), "/"), rest...)
	}
	return done, nil
}

// identify reads a USER as Dockerfiles write it: name or number, optionally with :group.
func (r *Root) identify(user string) (identity, error) {
	name, group, hasGroup := strings.Cut(user, ":")
	who := identity{home: "/"}
	if name == "" || name == "0" || name == "root" {
		who.home = "/root"
	}
	if entry, ok := r.account("etc/passwd", name); ok {
		who = entry
	} else if err := parseID(name, &who.uid, "user"); err != nil {
		return identity{}, err
	}
	if !hasGroup {
		return who, nil
	}
	if entry, ok := r.account("etc/group", group); ok {
		who.gid = entry.uid // the third column of either file
		return who, nil
	}
	return who, parseID(group, &who.gid, "group")
}

// parseID reads a numeric id. Nobody is root, who needs no entry in the image.
func parseID(text string, id *uint32, kind string) error {
	if text == "" || text == "root" {
		*id = 0
		return nil
	}
	number, err := strconv.ParseUint(text, 10, idBits)
	if err != nil {
		return fmt.Errorf("unable to find %s %s: no matching entries in the image", kind, text)
	}
	*id = uint32(number)
	return nil
}

// account finds a name or number in a file of the form of /etc/passwd or /etc/group.
func (r *Root) account(file, wanted string) (identity, bool) {
	const idColumn, gidColumn, homeColumn = 2, 3, 5
	resolved, err := r.resolve(file)
	if wanted == "" || err != nil {
		return identity{}, false
	}
	opened, err := os.Open(r.outside(resolved))
	if err != nil {
		return identity{}, false
	}
	defer func() { _ = opened.Close() }()
	for lines := bufio.NewScanner(opened); lines.Scan(); {
		columns := strings.Split(lines.Text(), ":")
		if len(columns) <= idColumn || (columns[0] != wanted && columns[idColumn] != wanted) {
			continue
		}
		who := identity{home: "/"}
		if parseID(columns[idColumn], &who.uid, "user") != nil {
			continue
		}
		if len(columns) > homeColumn {
			_ = parseID(columns[gidColumn], &who.gid, "group") // a broken entry has group 0
			who.home = columns[homeColumn]
		}
		return who, true
	}
	return identity{}, false
}
