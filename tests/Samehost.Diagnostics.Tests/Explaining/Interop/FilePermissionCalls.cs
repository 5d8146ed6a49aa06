// chown(2), setxattr(2): the owner and the access control list of a file, without starting a program for each.
using System.Runtime.InteropServices;
using System.Text;
using Samehost.Inspection;
using Xunit;

namespace Samehost.Tests.Diagnostics.Explaining.Interop;

internal static partial class FilePermissionCalls
{
    public static void SetOwner(string path, uint user, uint group) => Assert.Equal(0, chown(path, user, group));

    public static void SetAcl(string path, IEnumerable<AclEntry> entries)
    {
        using var bytes = new MemoryStream();
        using var writer = new BinaryWriter(bytes, Encoding.UTF8);
        writer.Write(2u); // the version
        foreach (var entry in entries)
        {
            writer.Write((ushort)entry.Tag);
            writer.Write((ushort)entry.Permissions);
            writer.Write(entry.Id);
        }
        var value = bytes.ToArray();
        Assert.Equal(0, setxattr(path, "system.posix_acl_access", value, (nuint)value.Length, 0));
    }

    [LibraryImport("libc", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int chown(string path, uint user, uint group);

    [LibraryImport("libc", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int setxattr(string path, string name, byte[] value, nuint size, int flags);
}
