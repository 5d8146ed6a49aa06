namespace Samehost.Diagnostics.Explaining;

/// <summary>Entries of access control lists as getfacl(1) prints them.</summary>
internal static class AclPrinter
{
    public static string Print(AclEntry entry) => $"{Subject(entry)}:{FileAccess.Triple(entry.Permissions)}";

    private static string Subject(AclEntry entry) => entry.Tag switch
    {
        AclTag.Owner => "user:",
        AclTag.User => $"user:{Accounts.UserWord(entry.Id)}",
        AclTag.OwningGroup => "group:",
        AclTag.Group => $"group:{Accounts.GroupWord(entry.Id)}",
        AclTag.Mask => "mask:",
        _ => "other:",
    };
}
