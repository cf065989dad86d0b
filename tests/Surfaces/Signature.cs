using System.Globalization;
using System.Reflection;
using System.Runtime.CompilerServices;

namespace RLSquared.Surfaces;

/// <summary>A member as C# writes it, with the names of its tuples and what may be null.</summary>
static class Signature
{
    static readonly Dictionary<string, string> keywords = (
        "Void void Boolean bool Byte byte SByte sbyte Int16 short UInt16 ushort Int32 int UInt32 uint Int64 long " +
        "UInt64 ulong Single float Double double Char char String string Object object IntPtr nint UIntPtr nuint")
        .Split(' ').Chunk(2).ToDictionary(pair => pair[0], pair => pair[1]);

    static readonly NullabilityInfoContext nullability = new();

    /// <summary>A type by its short name.</summary>
    public static string Of(Type type) => Name(type, null, new Queue<string?>());

    public static string Of(ConstructorInfo made) =>
        $"{Access(made)}{Bare(made.DeclaringType!)}({Parameters(made.GetParameters())})";

    public static string Of(FieldInfo field)
    {
        string kind = field.IsLiteral ? "const " : (field.IsStatic ? "static " : "")
            + (field.IsInitOnly ? "readonly " : "");
        string value = field.IsLiteral ? $" = {Value(field.GetRawConstantValue())}" : "";
        return $"{kind}{Name(field.FieldType, nullability.Create(field), TupleNames(field))} {field.Name}{value}";
    }

    public static string Of(PropertyInfo property, Func<MethodBase, bool> shows)
    {
        MethodInfo any = property.GetAccessors(nonPublic: true).First(accessor => shows(accessor));
        string required = property.IsDefined(typeof(RequiredMemberAttribute)) ? "required " : "";
        string type = Name(property.PropertyType, nullability.Create(property), TupleNames(property));
        ParameterInfo[] index = property.GetIndexParameters();
        string name = index.Length > 0 ? $"this[{Parameters(index)}]" : property.Name;
        bool isInit = property.SetMethod?.ReturnParameter.GetRequiredCustomModifiers()
            .Contains(typeof(IsExternalInit)) == true;
        string get = property.GetMethod is { } getter && shows(getter) ? "get; " : "";
        string set = property.SetMethod is { } setter && shows(setter) ? isInit ? "init; " : "set; " : "";
        return $"{Access(any)}{Kind(any)}{required}{type} {name} {{ {get}{set}}}";
    }

    public static string Of(MethodInfo method)
    {
        ParameterInfo result = method.ReturnParameter;
        string type = Name(method.ReturnType, nullability.Create(result), TupleNames(result));
        if (method.ReturnType.IsByRef && result.IsDefined(typeof(IsReadOnlyAttribute)))
            type = type.Replace("ref ", "ref readonly ", StringComparison.Ordinal);
        string self = method.IsDefined(typeof(ExtensionAttribute)) ? "this " : "";
        Type[] own = method.IsGenericMethodDefinition ? method.GetGenericArguments() : [];
        string generic = own.Length > 0 ? $"<{string.Join(", ", own.Select(one => one.Name))}>" : "";
        string name = method.Name.StartsWith("op_", StringComparison.Ordinal) ? $"operator {method.Name[3..]}"
            : method.Name;
        return $"{Access(method)}{Kind(method)}{type} {name}{generic}({self}{Parameters(method.GetParameters())})"
            + string.Concat(own.Select(Constraint));
    }

    static string Access(MethodBase method) => method.IsPublic ? "" : "protected ";

    static string Kind(MethodInfo method) =>
        method.IsStatic ? (method.IsAbstract ? "static abstract " : "static ")
        : method.DeclaringType!.IsInterface ? ""
        : method.GetBaseDefinition().DeclaringType != method.DeclaringType ? "override "
        : method.IsAbstract ? "abstract "
        : method.IsVirtual && !method.IsFinal ? "virtual " : "";

    static string Parameters(ParameterInfo[] parameters) => string.Join(", ", parameters.Select(parameter =>
    {
        string way = parameter.IsOut ? "out " : parameter.IsIn ? "in "
            : parameter.IsDefined(typeof(ParamArrayAttribute))
                || parameter.IsDefined(typeof(ParamCollectionAttribute)) ? "params " : "";
        string type = Name(parameter.ParameterType, nullability.Create(parameter), TupleNames(parameter));
        if (parameter.IsOut || parameter.IsIn)
            type = type.Replace("ref ", "", StringComparison.Ordinal);
        string value = !parameter.HasDefaultValue ? ""
            : parameter.DefaultValue is null && parameter.ParameterType.IsValueType
                && Nullable.GetUnderlyingType(parameter.ParameterType) is null ? " = default"
            : $" = {Value(parameter.DefaultValue)}";
        return $"{way}{type} {parameter.Name}{value}";
    }));

    static string Name(Type type, NullabilityInfo? may, Queue<string?> tupleNames)
    {
        // A type parameter may always be null as far as reflection knows, unless it is constrained.
        bool isOpen = type.IsValueType || type.IsGenericParameter;
        string mark = may is { ReadState: NullabilityState.Nullable } && !isOpen ? "?" : "";
        if (type.IsByRef)
            return $"ref {Name(type.GetElementType()!, may?.ElementType ?? may, tupleNames)}";
        if (type.IsPointer)
            return $"{Name(type.GetElementType()!, null, tupleNames)}*";
        if (type.IsArray)
            return $"{Name(type.GetElementType()!, may?.ElementType, tupleNames)}[]{mark}";
        if (Nullable.GetUnderlyingType(type) is { } value)
            return $"{Name(value, may, tupleNames)}?";
        if (type.Namespace == "System" && keywords.TryGetValue(type.Name, out string? keyword))
            return keyword + mark;
        if (!type.IsGenericType)
            return type.Name + mark;

        Type[] inner = type.GetGenericArguments();
        bool isTuple = type.Namespace == "System" && Bare(type) == nameof(ValueTuple);
        // The names of a tuple's elements come before those within the elements.
        string?[] names = [.. inner.Select(_ => isTuple && tupleNames.Count > 0 ? tupleNames.Dequeue() : null)];
        IEnumerable<string> written = inner.Select((one, i) => Name(
            one, may?.GenericTypeArguments.ElementAtOrDefault(i), tupleNames)
            + (names[i] is { } name ? $" {name}" : ""));
        string list = string.Join(", ", written);
        return isTuple ? $"({list})" : $"{Bare(type)}<{list}>{mark}";
    }

    static string Bare(Type type) => type.Name.Split('`')[0];

    static Queue<string?> TupleNames(ICustomAttributeProvider member) => new(
        member.GetCustomAttributes(typeof(TupleElementNamesAttribute), false).Cast<TupleElementNamesAttribute>()
            .FirstOrDefault()?.TransformNames ?? []);

    static string Constraint(Type parameter)
    {
        GenericParameterAttributes special = parameter.GenericParameterAttributes;
        bool isStruct = special.HasFlag(GenericParameterAttributes.NotNullableValueTypeConstraint);
        string[] all =
        [
            .. isStruct ? ["struct"] : Array.Empty<string>(),
            .. special.HasFlag(GenericParameterAttributes.ReferenceTypeConstraint) ? ["class"] : Array.Empty<string>(),
            .. parameter.GetGenericParameterConstraints().Where(one => one != typeof(ValueType)).Select(Of),
            .. special.HasFlag(GenericParameterAttributes.DefaultConstructorConstraint) && !isStruct ? ["new()"]
                : Array.Empty<string>(),
        ];
        return all.Length > 0 ? $" where {parameter.Name} : {string.Join(", ", all)}" : "";
    }

    static string Value(object? value) => value switch
    {
        null => "null",
        string text => $"\"{text}\"",
        bool flag => flag ? "true" : "false",
        Enum one => $"{one.GetType().Name}.{one}",
        IFormattable number => number.ToString(null, CultureInfo.InvariantCulture),
        _ => value.ToString() ?? "",
    };
}
