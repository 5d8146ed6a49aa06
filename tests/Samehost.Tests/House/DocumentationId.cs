using System.Reflection;

namespace Samehost.Tests.House;

/// <summary>The names by which the compiler's documentation file calls types and members.</summary>
internal static class DocumentationId
{
    public static string Of(MemberInfo member) => member switch
    {
        Type type => "T:" + Plain(type),
        FieldInfo field => $"F:{Plain(field.DeclaringType!)}.{field.Name}",
        EventInfo e => $"E:{Plain(e.DeclaringType!)}.{e.Name}",
        PropertyInfo property => $"P:{Plain(property.DeclaringType!)}.{property.Name}{List(property.GetIndexParameters())}",
        MethodBase method => $"M:{Plain(method.DeclaringType!)}.{MethodName(method)}{List(method.GetParameters())}{Converted(method)}",
        _ => throw new ArgumentException($"{member} is of a kind that has no identifier", nameof(member)),
    };

    private static string MethodName(MethodBase method) =>
        method.Name.Replace('.', '#') + (method.IsGenericMethodDefinition ? "``" + method.GetGenericArguments().Length : "");

    private static string Converted(MethodBase method) =>
        method is MethodInfo { Name: "op_Implicit" or "op_Explicit" } conversion ? "~" + Used(conversion.ReturnType) : "";

    private static string List(ParameterInfo[] parameters) =>
        parameters.Length == 0 ? "" : $"({string.Join(',', parameters.Select(p => Used(p.ParameterType)))})";

    private static string Plain(Type type) => type.FullName!.Replace('+', '.');

    private static string Used(Type type)
    {
        if (type.IsByRef)
            return Used(type.GetElementType()!) + "@";
        if (type.IsArray)
            return Used(type.GetElementType()!) + "[]";
        if (type.IsGenericParameter)
            return (type.DeclaringMethod is null ? "`" : "``") + type.GenericParameterPosition;
        if (!type.IsGenericType)
            return Plain(type);
        var name = Plain(type.GetGenericTypeDefinition());
        return $"{name[..name.IndexOf('`', StringComparison.Ordinal)]}{{{string.Join(',', type.GetGenericArguments().Select(Used))}}}";
    }
}
