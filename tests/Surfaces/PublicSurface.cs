using System.Globalization;
using System.Reflection;
using System.Runtime.CompilerServices;

namespace RLSquared.Surfaces;

/// <summary>
/// What a library promises to those who use it: every public type and member, one line each, as C# would write it. The
/// list lies beside the library's project, so that a change of it shows in a review and is never an accident.
/// </summary>
static class PublicSurface
{
    const string Accept = "RL2_ACCEPT_SURFACE", FileName = "PublicSurface.txt";
    const string Indent = "    ";

    /// <summary>Requires that a library offers what its list says, or writes the list when told to.</summary>
    /// <param name="library">The library.</param>
    public static void RequireAsListed(Assembly library)
    {
        string project = library.GetName().Name!;
        string path = Path.Combine(Root(AppContext.BaseDirectory), "src", project, FileName);
        string[] lines = [.. Lines(library.GetExportedTypes())];
        if (Environment.GetEnvironmentVariable(Accept) == "1")
            File.WriteAllLines(path, lines);
        string[] differences = Differences(File.Exists(path) ? File.ReadAllLines(path) : [], lines);
        string list = string.Join('\n', differences);
        Assert.True(differences.Length == 0,
            $"What {project} offers is not what src/{project}/{FileName} says:\n\n{list}\n\n" +
            $"If this is meant, write the list anew, look at its difference and commit it:\n" +
            $"    {Accept}=1 dotnet test tests/{project}.Tests -c Release --filter PublicSurfaceTests");
    }

    /// <summary>The lines that only one of two lists has, each behind its type: − the first, + the second.</summary>
    public static string[] Differences(IReadOnlyList<string> listed, IReadOnlyList<string> found)
    {
        string[] before = [.. Full(listed)], now = [.. Full(found)];
        return [.. before.Except(now).Select(line => $"− {line}"), .. now.Except(before).Select(line => $"+ {line}")];

        static IEnumerable<string> Full(IEnumerable<string> lines)
        {
            string type = "";
            foreach (string line in lines)
            {
                bool isMember = line.StartsWith(Indent, StringComparison.Ordinal);
                if (!isMember)
                    type = line.Split(" : ")[0];
                yield return isMember ? $"{type}: {line.Trim()}" : line;
            }
        }
    }

    /// <summary>Each type by its full name, and its members below it, sorted.</summary>
    public static IEnumerable<string> Lines(IEnumerable<Type> types) =>
        from type in types
        where !type.Name.Contains('<')
        orderby FullName(type)
        from line in (string[])[Heading(type), .. Members(type).Select(line => Indent + line)]
        select line;

    static string Heading(Type type)
    {
        string kind = type switch
        {
            { IsEnum: true } => "enum",
            _ when typeof(Delegate).IsAssignableFrom(type) => "delegate",
            { IsInterface: true } => "interface",
            { IsValueType: true } =>
                (Has<IsReadOnlyAttribute>(type) ? "readonly " : "") + (Has<IsByRefLikeAttribute>(type) ? "ref " : "")
                + (IsRecord(type) ? "record struct" : "struct"),
            _ => (type.IsAbstract && type.IsSealed ? "static " : type.IsAbstract ? "abstract " :
                type.IsSealed ? "sealed " : "") + (IsRecord(type) ? "record" : "class"),
        };
        Type[] known = [typeof(object), typeof(ValueType), typeof(Enum), typeof(MulticastDelegate)];
        Type[] parents = type.BaseType is { } parent && !known.Contains(parent) ? [parent] : [];
        IEnumerable<string> interfaces = type.IsEnum || kind == "delegate" ? [] : type.GetInterfaces()
            .Where(one => one.IsVisible && type.BaseType?.GetInterfaces().Contains(one) != true)
            .Where(one => !type.GetInterfaces().Any(other => other.GetInterfaces().Contains(one)))
            .Where(one => !(IsRecord(type) && one.Name == "IEquatable`1"))
            .Select(one => Signature.Of(one)).Order(StringComparer.Ordinal);
        string[] above = [.. parents.Select(Signature.Of), .. interfaces];
        return $"{kind} {FullName(type)}{(above.Length > 0 ? $" : {string.Join(", ", above)}" : "")}";
    }

    static IEnumerable<string> Members(Type type)
    {
        const BindingFlags all = BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance
            | BindingFlags.Static | BindingFlags.DeclaredOnly;
        if (typeof(Delegate).IsAssignableFrom(type))
            return [Signature.Of(type.GetMethod("Invoke")!)];
        if (type.IsEnum)
            return [.. type.GetFields(all).Where(field => field.IsStatic).OrderBy(field => field.GetRawConstantValue())
                .Select(field => string.Create(CultureInfo.InvariantCulture,
                    $"{field.Name} = {field.GetRawConstantValue()}"))];
        return
        [
            .. Sorted(type.GetConstructors(all).Where(Shows).Select(made => (made.Name, Signature.Of(made)))),
            .. Sorted(type.GetFields(all).Where(field => field.IsPublic || field.IsFamily || field.IsFamilyOrAssembly)
                .Select(field => (field.Name, Signature.Of(field)))),
            .. Sorted(type.GetProperties(all).Where(property => property.GetAccessors(true).Any(Shows))
                .Where(property => !Has<CompilerGeneratedAttribute>(property))
                .Select(property => (property.Name, Signature.Of(property, Shows)))),
            .. Sorted(type.GetMethods(all).Where(Shows).Where(IsOwn).Select(made => (made.Name, Signature.Of(made)))),
        ];

        static IEnumerable<string> Sorted(IEnumerable<(string Name, string Line)> lines) =>
            lines.OrderBy(line => line.Name, StringComparer.Ordinal).ThenBy(line => line.Line, StringComparer.Ordinal)
                .Select(line => line.Line);
    }

    static bool Shows(MethodBase method) => method.IsPublic || method.IsFamily || method.IsFamilyOrAssembly;

    // Accessors show with their property; what a record writes by itself, and what every object has, says nothing.
    static bool IsOwn(MethodInfo method) =>
        !method.Name.Contains('<') && !Has<CompilerGeneratedAttribute>(method)
        && (!method.IsSpecialName || method.Name.StartsWith("op_", StringComparison.Ordinal))
        && method.GetBaseDefinition().DeclaringType is { } origin
        && origin != typeof(object) && origin != typeof(ValueType);

    static bool IsRecord(Type type) => type.GetMethod("PrintMembers",
        BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.DeclaredOnly) is not null;

    static bool Has<TAttribute>(MemberInfo member) where TAttribute : Attribute =>
        member.IsDefined(typeof(TAttribute), inherit: false);

    static string FullName(Type type) =>
        $"{(type.DeclaringType is { } outer ? FullName(outer) : type.Namespace)}.{Signature.Of(type)}";

    static string Root(string folder) => File.Exists(Path.Combine(folder, "RLSquared.slnx")) ? folder
        : Path.GetDirectoryName(folder) is { } parent ? Root(parent)
        : throw new DirectoryNotFoundException("no folder above the tests holds RLSquared.slnx");
}
