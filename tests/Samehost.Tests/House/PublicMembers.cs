using System.Reflection;
using System.Runtime.CompilerServices;

namespace Samehost.Tests.House;

/// <summary>What of an assembly can be seen from outside, less what the compiler adds by itself.</summary>
internal static class PublicMembers
{
    private const BindingFlags Declared =
        BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly;

    public static IEnumerable<Type> Types(Assembly assembly) =>
        assembly.GetExportedTypes().OrderBy(t => t.FullName, StringComparer.Ordinal);

    public static IEnumerable<MemberInfo> Of(Type type) => type.GetMembers(Declared).Where(m => IsVisible(m) && !IsMadeByCompiler(type, m));

    public static bool IsVisible(MethodBase? method) => method is { IsPublic: true } or { IsFamily: true } or { IsFamilyOrAssembly: true };

    private static bool IsVisible(MemberInfo member) => member switch
    {
        MethodBase method => IsVisible(method),
        PropertyInfo property => IsVisible(property.GetMethod) || IsVisible(property.SetMethod),
        EventInfo e => IsVisible(e.AddMethod),
        FieldInfo field => (field.IsPublic || field.IsFamily || field.IsFamilyOrAssembly) && !field.IsSpecialName,
        _ => false,
    };

    // Accessors belong to their property; a record's equality and an attribute-less default constructor are generated.
    private static bool IsMadeByCompiler(Type type, MemberInfo member) =>
        member.IsDefined(typeof(CompilerGeneratedAttribute), inherit: false)
        || (member is MethodInfo { IsSpecialName: true } accessor && !accessor.Name.StartsWith("op_", StringComparison.Ordinal))
        || (member is MethodInfo && member.Name == "Finalize")
        || (type.IsSubclassOf(typeof(Delegate)) && member.Name != "Invoke");
}
