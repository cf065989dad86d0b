using System.Reflection;
using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;
using System.Xml.Linq;

namespace RLSquared.Surfaces;

/// <summary>
/// What the documentation of a library must say beyond being there, which the compiler sees to: a method that takes or
/// gives numbers by the row says how they lie.
/// </summary>
static partial class Documentation
{
    /// <summary>
    /// The public methods and constructors with tensors or spans of numbers whose documentation, or that of their type,
    /// has neither a shape such as [T, N] nor a word for one. It looks for words and cannot tell whether they are true.
    /// </summary>
    public static IEnumerable<string> WithoutShapes(Assembly library)
    {
        string file = Path.Combine(AppContext.BaseDirectory, $"{library.GetName().Name}.xml");
        ILookup<string, string> texts = XDocument.Load(file).Descendants("member").ToLookup(
            member => Name((string)member.Attribute("name")!), member => member.ToString());
        return
            from type in library.GetExportedTypes()
            where !type.Name.Contains('<')
            from method in type.GetMembers(
                BindingFlags.Public | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly)
                .OfType<MethodBase>()
            where !IsInherited(method) && HoldsNumbers(method)
            let name = method.IsConstructor ? "#ctor" : method.Name
            where !texts[$"M:{type.FullName}.{name}"].Concat(texts[$"T:{type.FullName}"]).Any(SaysShape)
            select $"{type.FullName}.{Signature(method)}";
    }

    static bool HoldsNumbers(MethodBase method) =>
        method.GetParameters().Select(parameter => parameter.ParameterType)
            .Append((method as MethodInfo)?.ReturnType ?? typeof(void))
            .Any(type => NumbersByTheRow().IsMatch((type.IsByRef ? type.GetElementType()! : type).ToString()));

    static bool SaysShape(string text) => ShapeWord().IsMatch(text);

    // Operators and accessors are what their type says, as is what a record writes by itself; overrides are documented
    // where they are declared.
    static bool IsInherited(MethodBase method) => method is MethodInfo info
        && (info.IsSpecialName || info.IsDefined(typeof(CompilerGeneratedAttribute))
            || info.GetBaseDefinition().DeclaringType != info.DeclaringType);

    // M:A.B.<G>$123.C(System.Int32) → M:A.B.C: the overloads of a name, and those in extension blocks, count together.
    static string Name(string id) => ExtensionBlock().Replace(Arguments().Replace(id, ""), "");

    static string Signature(MethodBase method) => method is ConstructorInfo made
        ? Surfaces.Signature.Of(made) : Surfaces.Signature.Of((MethodInfo)method);

    [GeneratedRegex(@"Tensors\.Tensor$|(Span|Memory)`1\[(System\.(Single|Double|Int32|Byte)|T|TVector)\]|Single\[\]$")]
    private static partial Regex NumbersByTheRow();

    [GeneratedRegex(@"\[[^\]]+\]|\bshapes?\b|\blengths?\b|as many|as long|element by element|[Oo]ne number|inheritdoc|"
        + @"all elements")]
    private static partial Regex ShapeWord();

    [GeneratedRegex(@"(``\d+)?\(.*$|``\d+$")]
    private static partial Regex Arguments();

    [GeneratedRegex(@"<G>[^.]*\.")]
    private static partial Regex ExtensionBlock();
}
