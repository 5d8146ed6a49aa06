using System.Globalization;
using System.Reflection;

namespace Samehost.Tests.House;

/// <summary>Writes an assembly's public API, one line for each type and member, in an order that does not depend on the compiler.</summary>
internal static class PublicApiPrinter
{
    private static readonly NullabilityInfoContext Nullability = new();

    public static IEnumerable<string> Print(Assembly assembly) =>
        PublicMembers.Types(assembly).SelectMany(type =>
            PublicMembers.Of(type).Select(m => $"{Name(type)}.{Line(m)}").Order(StringComparer.Ordinal).Prepend(Line(type)));

    private static string Line(Type type)
    {
        string kind = type.IsEnum ? "enum" : type.IsInterface ? "interface" : type.IsValueType ? "struct" : "class";
        string modifier = type is { IsAbstract: true, IsSealed: true } ? "static "
            : type is { IsAbstract: true, IsInterface: false } ? "abstract "
            : type is { IsSealed: true, IsClass: true } ? "sealed " : "";
        Type[] inherited = type.BaseType?.GetInterfaces() ?? [];
        var bases = type.GetInterfaces().Except(inherited).Select(Name).Order(StringComparer.Ordinal).ToList();
        if (type is { IsClass: true, BaseType: { } parent } && parent != typeof(object))
            bases.Insert(0, Name(parent));
        return $"{modifier}{kind} {Name(type)}{(bases.Count == 0 || type.IsEnum ? "" : " : " + string.Join(", ", bases))}";
    }

    private static string Line(MemberInfo member) => member switch
    {
        ConstructorInfo c => $"{Access(c)}new({Parameters(c)})",
        MethodInfo m => $"{m.Name}{Generic(m)}({Parameters(m)}) -> {Modifiers(m)}{Returned(m)}",
        PropertyInfo p => $"{p.Name}{{{Accessors(p)}}} -> {Modifiers((p.GetMethod ?? p.SetMethod)!)}"
            + Name(p.PropertyType, Nullability.Create(p)),
        FieldInfo { IsLiteral: true } f => $"{f.Name} = {Convert.ToString(f.GetRawConstantValue(), CultureInfo.InvariantCulture)}",
        FieldInfo f => $"{f.Name} -> {(f.IsStatic ? "static " : "")}{(f.IsInitOnly ? "readonly " : "")}"
            + Name(f.FieldType, Nullability.Create(f)),
        EventInfo e => $"event {e.Name} -> {Name(e.EventHandlerType!)}",
        _ => throw new ArgumentException($"{member} is of a kind that is not printed yet", nameof(member)),
    };

    private static string Returned(MethodInfo m) => Name(m.ReturnType, Nullability.Create(m.ReturnParameter));

    private static string Accessors(PropertyInfo p)
    {
        string get = PublicMembers.IsVisible(p.GetMethod) ? Access(p.GetMethod!) + "get;" : "";
        if (!PublicMembers.IsVisible(p.SetMethod))
            return get;
        bool init = p.SetMethod!.ReturnParameter.GetRequiredCustomModifiers().Any(m => m.Name == "IsExternalInit");
        return get + Access(p.SetMethod) + (init ? "init;" : "set;");
    }

    private static string Access(MethodBase method) => method.IsPublic ? "" : "protected ";

    private static string Modifiers(MethodInfo m)
    {
        string access = Access(m);
        return m.IsStatic ? access + "static "
            : m.GetBaseDefinition() != m ? access + "override "
            : m.IsAbstract ? access + "abstract "
            : m is { IsVirtual: true, IsFinal: false } ? access + "virtual " : access;
    }

    private static string Generic(MethodInfo m) =>
        m.IsGenericMethodDefinition ? $"<{string.Join(", ", m.GetGenericArguments().Select(a => a.Name))}>" : "";

    private static string Parameters(MethodBase method) => string.Join(", ", method.GetParameters().Select(p =>
        $"{Direction(p)}{Name(p.ParameterType, Nullability.Create(p))} {p.Name}{(p.HasDefaultValue ? " = " + Default(p) : "")}"));

    private static string Direction(ParameterInfo p) =>
        !p.ParameterType.IsByRef ? "" : p.IsOut ? "out " : p.IsIn ? "in " : "ref ";

    private static string Default(ParameterInfo p) => p.RawDefaultValue switch
    {
        null => p.ParameterType.IsValueType && Nullable.GetUnderlyingType(p.ParameterType) is null ? "default" : "null",
        string s => $"\"{s}\"",
        var value => Convert.ToString(value, CultureInfo.InvariantCulture)!,
    };

    private static string Name(Type type) => Name(type, null);

    private static string Name(Type type, NullabilityInfo? nullability)
    {
        if (type.IsByRef)
            return Name(type.GetElementType()!, nullability);
        if (Nullable.GetUnderlyingType(type) is { } inner)
            return Name(inner) + "?";
        string suffix = nullability is { ReadState: NullabilityState.Nullable } or { WriteState: NullabilityState.Nullable } ? "?" : "";
        if (type.IsArray)
            return $"{Name(type.GetElementType()!, nullability?.ElementType)}[]{suffix}";
        string name = type.Name.Split('`')[0];
        if (type is { IsNested: true, IsGenericParameter: false })
            name = $"{Name(type.DeclaringType!)}.{name}";
        if (type.IsGenericType)
        {
            var of = nullability?.GenericTypeArguments is { Length: > 0 } known ? known : null;
            name += $"<{string.Join(", ", type.GetGenericArguments().Select((a, i) => Name(a, of?[i])))}>";
        }

        return name + suffix;
    }
}
