namespace Samehost.Diagnostics.Explaining;

/// <summary>What is wrong with an address before anything is looked up.</summary>
internal static class AddressVerdict
{
    public static UnixVerdict? TooLong(ExplainedAddress address)
    {
        if (!address.IsTooLong)
            return null;
        string what = address.IsAbstract ? "The abstract name" : "The path";
        return UnixVerdict.Fails(Errno.EINVAL,
            $"{what} has {address.Name.Length} bytes, and an address has room for {UnixEndPoint.MaxNameLength}. " +
            $"Some programs cut it off, and then fail with {(address.IsAbstract ? "ECONNREFUSED" : "ENOENT")}.",
            ResponsibleParty.Caller, address.IsAbstract
                ? "Use a shorter name."
                : "Use a shorter path: a symbolic link to the directory, or a path relative to the working directory.");
    }

    public static IEnumerable<string> Notes(ExplainedAddress address, PathWalk walk)
    {
        if (address.IsRelative)
        {
            yield return "A relative path counts from the working directory of whoever makes the call; here that is " +
                $"{walk.Steps[0].Path}. This library takes absolute paths only.";
        }
        if (walk.IsOfOwnProcess && walk.Problem != WalkProblem.OtherProcess)
            yield return "The path leads through /proc/self, which is the process that makes the call; here it is this one.";
        if (address.Name.Length == UnixEndPoint.MaxNameLength + 1)
            yield return "It fits without the NUL at its end: a program that leaves that out can bind it, and connect to it.";
    }
}
