"""The cleaning step inside OCRmyPDF, and so inside what stands on it, such as paperless-ngx."""
