package process

import (
	"archive/tar"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
)

// Permissions of what an image implies but does not contain.
const (
	dirMode     fs.FileMode = 0o755
	fileMode    fs.FileMode = 0o644
	scratchMode             = 0o777 | fs.ModeSticky
)

// unpack writes the image's flattened files to dir, which must not exist yet. It appears there complete or
// not at all.
func unpack(ctx context.Context, image v1.Image, dir string) (*Root, error) {
	config, err := image.ConfigFile()
	if err != nil {
		return nil, fmt.Errorf("reading the image's configuration: %w", err)
	}
	digest, err := image.Digest()
	if err != nil {
		return nil, fmt.Errorf("reading the image's digest: %w", err)
	}
	partial, err := os.MkdirTemp(filepath.Dir(dir), "partial-")
	if err != nil {
		return nil, fmt.Errorf("making a directory: %w", err)
	}
	if err := fill(ctx, image, partial); err != nil {
		return nil, errors.Join(err, os.RemoveAll(partial))
	}
	if err := os.Rename(partial, dir); err != nil {
		return nil, errors.Join(fmt.Errorf("moving the unpacked image in place: %w", err), os.RemoveAll(partial))
	}
	return &Root{Path: dir, Digest: digest.String(), Config: config.Config}, nil
}

func fill(ctx context.Context, image v1.Image, dir string) error {
	if err := os.Chmod(dir, dirMode); err != nil {
		return fmt.Errorf("opening the directory to the image's user: %w", err)
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return fmt.Errorf("opening the directory: %w", err)
	}
	defer func() { _ = root.Close() }()
	files := mutate.Extract(image)
	defer func() { _ = files.Close() }()
	if err := extract(ctx, files, root); err != nil {
		return err
	}
	return furnish(root)
}

// extract writes an archive below root. Nothing can be written outside it: [os.Root] refuses paths and
// symbolic links that lead out, whatever the archive says.
func extract(ctx context.Context, archive io.Reader, root *os.Root) error {
	var links []*tar.Header // last, because layers come top down and a link may precede its target
	for reader := tar.NewReader(archive); ; {
		if err := ctx.Err(); err != nil {
			return err
		}
		header, err := reader.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return fmt.Errorf("reading the image's layers: %w", err)
		}
		if header.Typeflag == tar.TypeLink {
			links = append(links, header)
			continue
		}
		if err := extractEntry(reader, header, root); err != nil {
			return fmt.Errorf("extracting %s: %w", header.Name, err)
		}
	}
	// A failure of the flattening shows only after the end of the archive that it wrote until then.
	if _, err := io.Copy(io.Discard, archive); err != nil {
		return fmt.Errorf("reading the image's layers: %w", err)
	}
	for _, link := range links {
		if err := root.Link(inside(link.Linkname), inside(link.Name)); err != nil {
			return fmt.Errorf("extracting hard link %s: %w", link.Name, err)
		}
	}
	return nil
}

// inside makes a name of an archive relative to the root, as os.Root wants it. Names that climb with ".."
// stay so, and are refused.
func inside(name string) string {
	return path.Clean(strings.TrimLeft(name, "/"))
}

func extractEntry(content io.Reader, header *tar.Header, root *os.Root) error {
	name := inside(header.Name)
	if name == "." {
		return nil
	}
	if err := root.MkdirAll(path.Dir(name), dirMode); err != nil {
		return err //nolint:wrapcheck // names the path
	}
	mode := header.FileInfo().Mode() & (fs.ModePerm | fs.ModeSticky) // no set-user-id programs
	switch header.Typeflag {
	case tar.TypeDir:
		if err := root.MkdirAll(name, dirMode); err != nil {
			return err //nolint:wrapcheck // names the path
		}
	case tar.TypeReg:
		if err := writeFile(root, name, content); err != nil {
			return err
		}
	case tar.TypeSymlink:
		if err := root.Symlink(header.Linkname, name); err != nil {
			return err //nolint:wrapcheck // names the path
		}
		return own(root, name, header)
	default: // devices and pipes: furnish makes the devices that programs need
		return nil
	}
	if err := own(root, name, header); err != nil {
		return err
	}
	return root.Chmod(name, mode) //nolint:wrapcheck // names the path
}

func writeFile(root *os.Root, name string, content io.Reader) error {
	file, err := root.OpenFile(name, os.O_CREATE|os.O_EXCL|os.O_WRONLY, fileMode)
	if err != nil {
		return err //nolint:wrapcheck // names the path
	}
	_, err = io.Copy(file, content)
	return errors.Join(err, file.Close())
}

// own gives the file to its owner in the image, where processes really run as that user.
func own(root *os.Root, name string, header *tar.Header) error {
	if !confines() {
		return nil
	}
	return root.Lchown(name, header.Uid, header.Gid) //nolint:wrapcheck // names the path
}

// furnish adds what a container runtime provides in every container, unless the image has it.
func furnish(root *os.Root) error {
	if err := root.MkdirAll("etc", dirMode); err != nil {
		return fmt.Errorf("making /etc: %w", err)
	}
	if _, err := root.Lstat("tmp"); errors.Is(err, fs.ErrNotExist) {
		if err := errors.Join(root.Mkdir("tmp", dirMode), root.Chmod("tmp", scratchMode)); err != nil {
			return fmt.Errorf("making /tmp: %w", err)
		}
	}
	hosts := []byte(Loopback + "\tlocalhost\n")
	if _, err := root.Lstat("etc/hosts"); errors.Is(err, fs.ErrNotExist) {
		if err := root.WriteFile("etc/hosts", hosts, fileMode); err != nil {
			return fmt.Errorf("writing /etc/hosts: %w", err)
		}
	}
	return makeDevices(root)
}
