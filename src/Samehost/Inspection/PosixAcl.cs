using System.Buffers.Binary;
using Samehost.Interop;

namespace Samehost.Inspection;

/// <summary>What an entry of an access control list is about (acl(5)); the numbers are the kernel's.</summary>
internal enum AclTag
{
    Owner = 0x01,
    User = 0x02,
    OwningGroup = 0x04,
    Group = 0x08,
    Mask = 0x10,
    Other = 0x20,
}

/// <summary>One entry: permissions as the three bits rwx.</summary>
internal readonly record struct AclEntry(AclTag Tag, uint Permissions, uint Id);

/// <summary>The access control list of a file, judged as the kernel judges it.</summary>
internal sealed class PosixAcl(IReadOnlyList<AclEntry> entries)
{
    private const string AttributeName = "system.posix_acl_access";
    private const int HeaderSize = 4;
    private const int EntrySize = 8;

    public IReadOnlyList<AclEntry> Entries => entries;

    /// <summary>The list of a file; null when it has none beyond its mode, or its file system has no such lists.</summary>
    public static PosixAcl? Of(Descriptor file) =>
        LibcWalk.Attribute(file, AttributeName, out var value) < 0 ? null : Read(value);

    /// <summary>Reads the attribute: a version number, then tag, permissions and id of each entry, little-endian.</summary>
    public static PosixAcl? Read(ReadOnlySpan<byte> value)
    {
        if (value.Length <= HeaderSize || BinaryPrimitives.ReadUInt32LittleEndian(value) != 2)
            return null;
        var entries = new List<AclEntry>();
        for (value = value[HeaderSize..]; value.Length >= EntrySize; value = value[EntrySize..])
        {
            entries.Add(new AclEntry(
                (AclTag)BinaryPrimitives.ReadUInt16LittleEndian(value),
                BinaryPrimitives.ReadUInt16LittleEndian(value[2..]),
                BinaryPrimitives.ReadUInt32LittleEndian(value[4..])));
        }
        return new PosixAcl(entries);
    }

    /// <summary>An entry as getfacl(1) prints it.</summary>
    public static string Print(AclEntry entry) => $"{Subject(entry)}:{AccessCheck.Triple(entry.Permissions)}";

    /// <summary>The entry that decides for a user who is not the owner, and whether it grants.</summary>
    public AclEntry Deciding(FileCredentials user, uint owningGroup, uint wanted, out bool granted, out bool isMasked)
    {
        AclEntry? denying = null;
        foreach (var entry in entries)
        {
            switch (entry.Tag)
            {
                case AclTag.User when entry.Id == user.User:
                    granted = PassesMask(entry, wanted, out isMasked);
                    return entry;
                case AclTag.OwningGroup when user.IsInGroup(owningGroup):
                case AclTag.Group when user.IsInGroup(entry.Id):
                    // Any group that has all that is wanted is enough; several are not added up.
                    if ((entry.Permissions & wanted) == wanted)
                    {
                        granted = PassesMask(entry, wanted, out isMasked);
                        return entry;
                    }
                    denying ??= entry;
                    break;
            }
        }
        isMasked = false;
        var last = denying ?? entries.First(entry => entry.Tag == AclTag.Other);
        granted = denying is null && (last.Permissions & wanted) == wanted;
        return last;
    }

    private static string Subject(AclEntry entry) => entry.Tag switch
    {
        AclTag.Owner => "user:",
        AclTag.User => $"user:{PrintableText.UserName(entry.Id)}",
        AclTag.OwningGroup => "group:",
        AclTag.Group => $"group:{PrintableText.GroupName(entry.Id)}",
        AclTag.Mask => "mask:",
        _ => "other:",
    };

    private bool PassesMask(AclEntry entry, uint wanted, out bool isMasked)
    {
        uint mask = 7;
        foreach (var other in entries)
        {
            if (other.Tag == AclTag.Mask)
                mask = other.Permissions;
        }
        isMasked = (entry.Permissions & wanted) == wanted && (mask & wanted) != wanted;
        return (entry.Permissions & mask & wanted) == wanted;
    }
}
