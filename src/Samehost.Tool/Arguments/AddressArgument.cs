using System.CommandLine;

namespace Samehost.Tool.Arguments;

/// <summary>The ADDRESS of a command.</summary>
internal static class AddressArgument
{
    public static Argument<ToolAddress> Create(string name, string description, ToolAddressKinds wanted = ToolAddressKinds.Local) =>
        new(name)
        {
            Description = description,
            CustomParser = result =>
            {
                if (ToolAddress.Read(result.Tokens[0].Value, wanted, out var address) is { } problem)
                    result.AddError(problem);
                return address;
            },
        };

    /// <summary>As <see cref="Create"/>, for one that may be left out.</summary>
    public static Argument<ToolAddress?> CreateOptional(string name, string description, ToolAddressKinds wanted)
    {
        Argument<ToolAddress> argument = Create(name, description, wanted);
        argument.Arity = ArgumentArity.ZeroOrOne;
        return argument!;
    }
}
