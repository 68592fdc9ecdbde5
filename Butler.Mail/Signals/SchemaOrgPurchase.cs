namespace Butler.Mail;

/// <summary>An order, invoice or reservation that a mail's schema.org markup names. Values as written, trimmed, bounded; empty where missing.</summary>
/// <param name="Type">The schema.org type.</param>
/// <param name="Price">price, totalPrice, totalPaymentDue or the sum of priceSpecification.</param>
/// <param name="Currency">priceCurrency.</param>
/// <param name="Seller">seller, merchant, provider, broker or airline.</param>
/// <param name="Number">orderNumber, confirmationNumber, reservationNumber or accountId.</param>
/// <param name="Date">orderDate, bookingTime or paymentDueDate.</param>
/// <param name="Status">orderStatus, paymentStatus or reservationStatus: the last part of its address.</param>
public sealed record SchemaOrgPurchase(string Type, string Price, string Currency, string Seller, string Number, string Date, string Status);
